// The gates of a ramp stage: rates of bad samples against limits. Pass, Fail, NotYet; Unknown without evidence.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline, DispersionState, Verdict } from "@retriever/crds/status/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { PodCount } from "../pods/thirds.ts";
import { failedSamples, rateGates, triedSamples } from "./gate-counts.ts";
import { percent } from "./gate-message.ts";
import { type JudgedGate, judgeRateGates, publishedInterval, withWords } from "./judge-rate-gates.ts";
import type { RecallVerdict } from "./recall.ts";
import { judgeSampleRatio } from "./sample-ratio.ts";
import { hiddenIn, judgeParts } from "./without-pods.ts";

export const gateNames = [...rateGates, "shadowErrors", "sampleRatio"] as const;

export type GateInput = {
  readonly plan: MigrationSpec;
  readonly minSamples: number;
  /** Share of requests that the sidecars were told to sample. */
  readonly sampleRate: number;
  /** Totals of the epoch over all pods; null when they can't be trusted. */
  readonly totals: Counters | null;
  /** What each pod that answers has of it; left out: nobody tells them apart. */
  readonly pods?: readonly PodCount[];
  /** Samples that may have been lost with processes. */
  readonly lost?: number;
  /** What the windows of the epoch tell of bursts. */
  readonly dispersion: DispersionState | undefined;
  /** Seconds since the stage's clock started. */
  readonly elapsedSeconds: number;
  readonly baseline: Baseline | undefined;
  /** What recall says of answers that differ; left out: nothing. */
  readonly recall?: RecallVerdict;
};

/** Judges every gate; the order is that of `gateNames`. */
export function judgeRamp(input: GateInput): JudgedGate[] {
  const totals = input.totals ?? noCounters();
  const dwellPassed = input.elapsedSeconds >= durationSeconds(input.plan.gates.minDwell);
  const verdicts = [
    ...judgeRateGates({ ...input, totals, dwellPassed }),
    judgeShadowErrors(input, totals),
    judgeSampleRatio({ ...input, totals }),
  ];
  return input.totals === null ? verdicts.map(withoutEvidence) : verdicts;
}

function withoutEvidence({ isAlone: _isAlone, ...verdict }: JudgedGate): JudgedGate {
  return { ...verdict, verdict: "Unknown", message: `${verdict.gate}: no trustworthy evidence` };
}

/**
 * So few lost samples hold nothing up, whatever the limit: one far below would never pass a deploy that loses a few. More
 * of them do where, all taken for bad, they would reach beyond it.
 */
const mostLostShare = 0.05;

/** A share over the limit makes a rise wait until it is diluted. Never Fail: stepping down is the affair of the harm line. */
function judgeShadowErrors(input: GateInput, totals: Counters): JudgedGate {
  const [bad, n] = [failedSamples(totals), triedSamples(totals)];
  const limit = input.plan.thresholds.shadowErrors.maxBadShare;
  const value = n > 0 ? Math.min(1, bad / n) : null;
  const { lost = 0 } = input;
  const interval = publishedInterval(bad, n, lost);
  const windowSeconds = Math.max(0, Math.round(input.elapsedSeconds));
  const facts = { gate: "shadowErrors", value, interval, n, limit, windowSeconds };
  const notYet = (message: string): Verdict => ({ ...facts, verdict: "NotYet", message: `shadowErrors: ${message}` });
  if (value === null || n < input.minSamples) return notYet(`${n} of ${Math.max(1, input.minSamples)} samples`);
  const seen = `${percent(value)} of ${n} ${plural(n, "sample is", "samples are")} bad`;
  const parts = (input.pods ?? []).map(({ name, counters }) => ({
    name,
    bad: failedSamples(counters),
    n: triedSamples(counters),
  }));
  if (value > limit) {
    const over = `shadowErrors: ${seen}, over the limit of ${percent(limit)}; waiting for better ones`;
    return { ...facts, ...withWords(over, judgeParts("NotYet", { bad, n }, parts, { limit })) };
  }
  const hidden = hiddenIn(parts, limit);
  if (hidden !== undefined) return notYet(`${seen}, but more without ${hidden}; waiting for better ones`);
  if (lost > mostLostShare * n && (bad + lost) / (n + lost) > limit)
    return notYet(`${seen}, but ${Math.ceil(lost)} more may have been lost with pods; waiting for more samples`);
  return { ...facts, verdict: "Pass", message: `shadowErrors: ${seen}, within the limit of ${percent(limit)}` };
}
