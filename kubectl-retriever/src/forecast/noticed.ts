// How long after it began harm is acted on: the operator's own detectors, fed with what is expected to come. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLineName } from "@retriever/crds/status/harm-status.ts";
import { leastParts, longestPartMs, timingOf } from "@retriever/operator/core/detection/cause-clock.ts";
import { samplesToStand, samplesToTell } from "@retriever/operator/core/detection/detectable.ts";
import { failuresToLeave } from "@retriever/operator/core/detection/severe-run.ts";
import { binSeconds } from "@retriever/sidecar/contract/evidence.ts";
import { type Flow, mapFlow, type Span, secondsUntil, spanOver } from "./flow.ts";
import { isTold } from "./too-thin.ts";
import { flowOf, type Watch, type Watched } from "./watches.ts";

/** A kind of harm that is foretold. */
export type Harm = "everyRequestFails" | "everyAnswerWrong" | "slow30" | "slow8";

export type Notice = {
  readonly harm: Harm;
  /** The line that acts on it. */
  readonly line: HarmLineName;
  readonly action: HarmAction;
  /** Of samples or requests that are bad. */
  readonly share: number;
  /** So much is allowed. */
  readonly limit: number;
  readonly seconds: Span;
  /** In 19 of 20 cases by then, as requests come by chance; told of a dead destination in the guard alone. */
  readonly mostly: Span | null;
};

type Foretold = {
  readonly harm: Harm;
  readonly share: number;
  readonly lines: (watch: Watch) => readonly HarmLineName[];
};

/** Wrong answers are left to recall once it has proved that answers that differ aren't worse; the slower line is told. */
const foretold: readonly Foretold[] = [
  { harm: "everyRequestFails", share: 1, lines: ({ pastCutover }) => [pastCutover ? "severe" : "shadowErrors"] },
  { harm: "everyAnswerWrong", share: 1, lines: () => ["mismatch", "recall"] },
  { harm: "slow30", share: 0.3, lines: () => ["latency"] },
  { harm: "slow8", share: 0.08, lines: () => ["latency"] },
];

/** Every kind of harm in a stage or the guard. */
export function noticesOf(plan: MigrationSpec, watch: Watch): Notice[] {
  return foretold.map(({ harm, share, lines }) => {
    const rules = watch.lines.filter(({ line }) => lines(watch).includes(line));
    const exceeded = rules.filter(({ limit }) => limit < share);
    return (exceeded.length > 0 ? exceeded : rules)
      .map((rule): Notice => {
        const { line, action, limit } = rule;
        const flow = flowOf(watch, line);
        const seconds = spanOver(flow, secondsToAct(plan, { rule, flow, share }));
        const late = line === "severe" ? lateness(failuresToLeave) : undefined;
        const mostly = late === undefined ? null : spanOver(flow, secondsToAct(plan, { rule, flow, share, late }));
        return { harm, line, action, share, limit, seconds, mostly };
      })
      .reduce((slow, notice) => (longest(notice) > longest(slow) ? notice : slow));
  });
}

function longest({ seconds }: Notice): number {
  return seconds.longest ?? Infinity;
}

/** How much longer than on average so many requests take in one of 20 cases (Wilson and Hilferty's quantile of a sum of waits). */
function lateness(count: number): number {
  return (1 - 1 / (9 * count) + 1.645 / (3 * Math.sqrt(count))) ** 3;
}

type Question = {
  readonly rule: Watched;
  readonly flow: Flow;
  readonly share: number;
  /** Of severe harm: so many times as many failures have to come. */
  readonly late?: number;
};

/**
 * From the beginning of the harm, by when it begins. Evidence is judged by closed bins, so that the last one is waited
 * for. Once it stands a clock runs for one and a half of `sustainedFor`, until the part that is open then ends, and for
 * three parts at least. It runs only while parts have their samples, and the source must be surely better by what came
 * since it started.
 */
function secondsToAct(
  { rollback }: MigrationSpec,
  { rule, flow, share, late = 1 }: Question,
): (from: number) => number {
  const needed = samplesToStand(rule, share, rule.threshold);
  if (needed === null) return () => Infinity;
  if (rule.line === "severe") {
    const failed = late * Math.max(needed, failuresToLeave / share);
    return (from) => Math.max(durationSeconds(rollback.severeFor), secondsUntil(flow, from, failed)) + binSeconds;
  }
  const observed = mapFlow(flow, (perSecond) => (isTold(perSecond) ? 1 : 0));
  const { lastsMs, partMs } = timingOf(rollback);
  const leastSeconds = partMs / 1000;
  const { first, later } = samplesToTell(rule, share, needed);
  const partFrom = (at: number, samples: number | null): number =>
    Math.min(longestPartMs / 1000, samples === null ? Infinity : secondsUntil(flow, at, samples));
  const contrasted = samplesToContrast(rule, share);
  return (from) => {
    const stands = from + secondsUntil(flow, from, needed);
    const lasted = stands + secondsUntil(observed, stands, lastsMs / 1000);
    if (!Number.isFinite(lasted)) return Infinity;
    let borneOut = stands;
    for (let part = 0; part < leastParts; part += 1)
      borneOut += Math.max(leastSeconds, partFrom(borneOut, part === 0 ? first : later));
    const open = partFrom(lasted, later);
    const closed = open <= leastSeconds ? lasted : lasted + open;
    return Math.max(closed, borneOut, stands + secondsUntil(flow, stands, contrasted)) - from + binSeconds;
  };
}

/** Samples until it is sure that the source isn't as bad, when it isn't bad at all; up to a twentieth too many. */
function samplesToContrast({ contrast }: Watched, share: number): number {
  let n = 1;
  while (contrast({ bad: share * n, n }, { bad: 0, n }) !== "worse") n += Math.ceil(n / 20);
  return n;
}
