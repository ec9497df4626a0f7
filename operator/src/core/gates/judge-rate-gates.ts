// Verdicts of the gates on rates: what was seen, how sure it is, and what it means.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline, DispersionState, Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { PodCount } from "../pods/thirds.ts";
import { confidenceSequence } from "./confidence-sequence.ts";
import { leastWindows } from "./dispersion.ts";
import { dispersionOfGate } from "./dispersion-state.ts";
import { isObserved } from "./failed.ts";
import { countsOf, type RateGate, rateGates } from "./gate-counts.ts";
import { gateRules } from "./gate-limits.ts";
import { describeLimit, describeMissing, describeSeen } from "./gate-message.ts";
import type { RecallVerdict } from "./recall.ts";
import { judgeRate, type RateQuestion, type SequentialVerdict, samplesToPass } from "./sequential.ts";
import { judgeParts, type PartsVerdict, type PodShare } from "./without-pods.ts";

/** A verdict that may be a few pods' alone. */
export type JudgedGate = Verdict & { readonly isAlone?: true };

export type RateGateInput = {
  readonly plan: MigrationSpec;
  /** Binds passing only: damage that is plain from the first samples isn't waited for. */
  readonly minSamples: number;
  readonly totals: Counters;
  /** What each pod that answers has of it; left out: nobody tells them apart. */
  readonly pods?: readonly PodCount[];
  /** Samples that may have been lost with processes. */
  readonly lost?: number;
  readonly dispersion: DispersionState | undefined;
  /** `gates.minDwell` has passed since the stage's clock started. */
  readonly dwellPassed: boolean;
  readonly elapsedSeconds: number;
  readonly baseline: Baseline | undefined;
  /** What recall says of answers that differ; left out: nothing. */
  readonly recall?: RecallVerdict;
};

/** Error of the published interval over all looks together. */
const intervalAlpha = 0.05;

/** Interval of a rate as verdicts publish it, whatever the lost samples were; null without a sample. */
export function publishedInterval(bad: number, n: number, lost = 0): [number, number] | null {
  const least = n > 0 ? confidenceSequence(bad, n + lost, intervalAlpha) : null;
  const most = lost > 0 ? confidenceSequence(bad + lost, n + lost, intervalAlpha) : least;
  return least === null || most === null ? null : [least[0], most[1]];
}

/** One verdict per gate of `rateGates`, in that order. */
export function judgeRateGates(input: RateGateInput): JudgedGate[] {
  const rules = gateRules(input.plan, input.baseline);
  const counts = countsOf(input.totals);
  const pods = (input.pods ?? []).map(({ name, counters }) => ({ name, counts: countsOf(counters) }));
  return rateGates.map((gate) => {
    const dispersion = dispersionOfGate(input.dispersion, gate);
    const { dwellPassed, lost = 0 } = input;
    const parts = pods.map(({ name, counts: own }) => ({ name, ...own[gate] }));
    return judgeGate(input, gate, { ...rules[gate], ...counts[gate], lost, dispersion, dwellPassed, parts });
  });
}

/** Gates that measure whether answers differ, which only recall tells from being worse. */
const disagreements: readonly RateGate[] = ["mismatch", "overlap"];

type GateQuestion = RateQuestion & { readonly parts: readonly PodShare[] };

function judgeGate(input: RateGateInput, gate: RateGate, question: GateQuestion): JudgedGate {
  const facts = factsOf(input, gate, question);
  const seen = describeSeen(gate, facts.value, facts.n);
  const bound = describeLimit(gate, facts.limit);
  const recall = disagreements.includes(gate) ? (input.recall ?? "unknown") : "unknown";
  const isLongEnough = question.dwellPassed && facts.n >= input.minSamples;
  if (recall === "proved" && isLongEnough) {
    return { ...facts, verdict: "Pass", message: `${seen}; different but not worse: its recall is surely not lower` };
  }
  const all = judgeRate({ ...question, dwellPassed: isLongEnough });
  const side = `${gate === "overlap" ? "under" : "over"} ${bound}`;
  const verdict: PartsVerdict = isObserved(input.plan, gate) ? { verdict: all } : judgeFleet(all, question);
  if (all === "Fail" && recall !== "unknown" && verdict.isAlone === undefined) {
    return {
      ...facts,
      verdict: "NotYet",
      message: `${seen}, ${side}; waiting for recall to tell worse from different`,
    };
  }
  const said: Readonly<Record<typeof all, string>> = {
    Pass: `${seen}, within ${bound}`,
    Fail: `${seen}, ${side}`,
    NotYet: `${seen}; ${describeWait(input, question, bound)}`,
  };
  return { ...facts, ...withWords(said[all], verdict) };
}

function judgeFleet(all: SequentialVerdict, question: GateQuestion): PartsVerdict {
  const isUndecided = all === "NotYet" && (!question.dwellPassed || question.dispersion === null);
  return isUndecided ? { verdict: all } : judgeParts(all, question, question.parts, question);
}

/** A verdict with what a few pods have to do with it. */
export function withWords(
  said: string,
  { verdict, because, isAlone }: PartsVerdict,
): Pick<JudgedGate, "verdict" | "message" | "isAlone"> {
  const message = because === undefined ? said : `${said}; ${because}`;
  return isAlone === undefined ? { verdict, message } : { verdict, message, isAlone };
}

function factsOf(input: RateGateInput, gate: RateGate, { bad, n, limit, dispersion, lost = 0 }: RateQuestion) {
  const phi = dispersion ?? 1;
  const interval = publishedInterval(bad / phi, n / phi, lost / phi);
  const isMirrored = gate === "overlap";
  return {
    gate,
    value: n > 0 ? published(isMirrored, Math.min(1, bad / n)) : null,
    interval: interval === null || !isMirrored ? interval : ([1 - interval[1], 1 - interval[0]] as [number, number]),
    n,
    limit: published(isMirrored, limit),
    windowSeconds: Math.max(0, Math.round(input.elapsedSeconds)),
  };
}

/** Without the noise of 1 - (1 - x). */
function published(isMirrored: boolean, share: number): number {
  return isMirrored ? Number((1 - share).toPrecision(12)) : share;
}

/** Of the samples in which either store is slower: up to this part by the destination they are told to be alike. */
const mostAlike = 0.6;

/** Why there is no verdict yet: the first thing that is missing. */
function describeWait({ minSamples }: RateGateInput, question: RateQuestion, bound: string): string {
  const { bad, n, dispersion, limit, opposite } = question;
  if (n <= 0) return "waiting for the first";
  if (n < minSamples) return `${minSamples} are needed`;
  if (dispersion === null) return `bursts can't be told yet, ${leastWindows} windows with samples are needed`;
  if (opposite !== undefined && bad > limit * n && bad <= mostAlike * (bad + opposite))
    return `over ${bound}, but the source is as often the slower one at the same time: what slows both is no harm`;
  const needed = samplesToPass(bad / n, question);
  if (needed !== null && needed <= n) return "the least time of observation hasn't passed";
  return `not surely within ${bound}, ${describeMissing(needed === null ? null : needed - n)}`;
}
