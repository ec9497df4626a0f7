// How long the guard takes by the calendar, why it may never end, and what would help. Pure.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLineName } from "@retriever/crds/status/harm-status.ts";
import { smallestShare } from "@retriever/operator/core/detection/detectable.ts";
import { failuresToLeave } from "@retriever/operator/core/detection/severe-run.ts";
import { counted, percentWord, timeWord } from "@retriever/operator/page/words.ts";
import { countIn, mapFlow, type Span, secondsUntil, spanOver } from "./flow.ts";
import type { Problem } from "./stage-deadline.ts";
import { isTooThin, roundedUp } from "./too-thin.ts";
import { flowOf, guardSampleRate, type Watch } from "./watches.ts";

/** The smallest share that a whole guard makes stand out on a line; null: not even everything. */
type Smallest = { readonly line: HarmLineName; readonly limit: number; readonly share: number | null };

export type GuardForecast = {
  /** Shares of requests that are sampled, at the busiest and at the quietest time. */
  readonly rates: { readonly least: number; readonly most: number };
  readonly leastSeconds: number;
  /** Expected in the plan's own least time, wherever in the day it begins. */
  readonly samples: number;
  readonly needs: number;
  readonly seconds: Span;
  /** Share of the time in which a total failure would be noticed soon enough: only it counts. */
  readonly watchedShare: number;
  readonly smallest: readonly Smallest[];
  /** Why it may not end by its deadline; null: it does. */
  readonly problem: Problem | null;
};

/** The guard at this traffic, begun at the worst time of the day. */
export function forecastGuard(plan: MigrationSpec, watch: Watch): GuardForecast {
  const { duration, sampling, minSamples, deadline } = plan.guard;
  const { requests, samples } = watch;
  const leastSeconds = durationSeconds(duration);
  const needs = sampling.mode === "Fixed" && sampling.minRate === 0 ? 0 : minSamples;
  const least = leastRate(plan);
  const watched = mapFlow(requests, (perSecond) => (perSecond >= least ? 1 : 0));
  const time = spanOver(watched, (from) => secondsUntil(watched, from, leastSeconds));
  const sampled = spanOver(samples, (from) => secondsUntil(samples, from, needs));
  const seconds = spanOver(watched, (from) =>
    Math.max(secondsUntil(watched, from, leastSeconds), secondsUntil(samples, from, needs)),
  );
  const rates = requests.perSecond.map((perSecond) => guardSampleRate(plan, perSecond));
  return {
    rates: { least: Math.min(...rates), most: Math.max(...rates) },
    leastSeconds,
    samples: Math.round(fewestIn(samples, leastSeconds)),
    needs,
    seconds,
    watchedShare: watched.perSecond.reduce((sum, one) => sum + one, 0) / watched.perSecond.length,
    smallest: smallestOf(watch, seconds.longest ?? durationSeconds(deadline)),
    problem: problemOf(plan, watch, { time, sampled, needs }),
  };
}

/** Requests a second from which on a total failure is noticed within `guard.maxDetectionTime`. */
function leastRate({ guard }: MigrationSpec): number {
  return failuresToLeave / durationSeconds(guard.maxDetectionTime);
}

function fewestIn(flow: Watch["samples"], seconds: number): number {
  return spanOver(flow, (from) => countIn(flow, from, seconds)).shortest ?? 0;
}

function smallestOf(watch: Watch, seconds: number): Smallest[] {
  return watch.lines.map((rule) => {
    const { line, limit, threshold } = rule;
    const flow = flowOf(watch, line);
    const isNever = line !== "severe" && isTooThin(flow);
    return { line, limit, share: isNever ? null : smallestShare(rule, fewestIn(flow, seconds), threshold) };
  });
}

type Lengths = { readonly time: Span; readonly sampled: Span; readonly needs: number };

function problemOf(plan: MigrationSpec, watch: Watch, { time, sampled, needs }: Lengths): GuardForecast["problem"] {
  const { guard } = plan;
  const deadlineSeconds = durationSeconds(guard.deadline);
  const isLate = ({ longest }: Span): boolean => longest === null || longest > deadlineSeconds;
  const quietest = Math.min(...watch.requests.perSecond);
  const [timeLate, samplesLate] = [isLate(time), isLate(sampled)];
  if (!timeLate && !samplesLate) return null;
  const least = roundedUp(leastRate(plan));
  const reasons = [
    ...(timeLate
      ? [
          `${guard.duration} of time that counts take ${until(time)}: below ${least} requests/s a total failure isn't noticed within guard.maxDetectionTime ${guard.maxDetectionTime}, and such time doesn't count`,
        ]
      : []),
    ...(samplesLate ? [`${counted(needs, "sample")} (guard.minSamples) would take ${until(sampled)}`] : []),
  ];
  const longest = Math.max(time.longest ?? Infinity, sampled.longest ?? Infinity);
  const remedies = [
    ...(samplesLate ? sampleMore(plan, watch) : []),
    ...(timeLate && quietest > 0
      ? [`guard.maxDetectionTime ${printDuration(Math.ceil(failuresToLeave / quietest))}, if that is soon enough`]
      : []),
    ...(Number.isFinite(longest) ? [`a guard.deadline of ${timeWord(longest)} or more`] : []),
    "more traffic in the guard",
    "an act CompleteGuard, with a reason, by somebody who may promote: it ends a guard that is too thin to judge",
  ];
  return { reason: `by its deadline of ${guard.deadline} the guard isn't over: ${reasons.join("; ")}`, remedies };
}

function until({ longest }: Span): string {
  return longest === null ? "for ever" : `up to ${timeWord(longest)}`;
}

/** What of `guard.sampling` would give enough samples by the deadline; nothing where everything is sampled. */
function sampleMore({ guard }: MigrationSpec, { requests }: Watch): string[] {
  const wanted = guard.minSamples / fewestIn(requests, durationSeconds(guard.deadline));
  if (wanted > 1) return ["fewer guard.minSamples"];
  return [`guard.sampling.minRate ${percentWord(roundedUp(wanted))} or more`];
}
