// What each gate counts: bad samples and samples, or a sum of values in 0..1 and samples.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { GateCount } from "./dispersion-state.ts";

/** Gates judged by evidence on a rate, in the order of the verdicts. */
export const rateGates = ["scoreDelta", "scoreMean", "latencyDelta", "mismatch", "overlap"] as const;
export type RateGate = (typeof rateGates)[number];

/** Samples that were begun and ended, whatever the shadow did; what we gave up ourselves says nothing about it. */
export function triedSamples({ answered, shadowErrors, shadowTimeouts }: Counters): number {
  return answered + shadowErrors + shadowTimeouts;
}

/** Samples that the shadow failed. */
export function failedSamples({ shadowErrors, shadowTimeouts }: Counters): number {
  return shadowErrors + shadowTimeouts;
}

/** Samples whose content was compared, and as bad the mean share of chunks that lack some or have another one. */
export function contentOf({
  contentSamples,
  contentMissingSum,
  contentDifferentSum,
}: Pick<Counters, "contentSamples" | "contentMissingSum" | "contentDifferentSum">) {
  return { bad: Math.min(contentSamples, contentMissingSum + contentDifferentSum), n: contentSamples };
}

/** Nothing is counted beyond what numbers count exactly; a sidecar that claims more can't break the sums. */
const mostCount = Number.MAX_SAFE_INTEGER;

function counts(bad: number, n: number): { readonly bad: number; readonly n: number } {
  return { bad: Math.min(mostCount, Math.max(0, bad)), n: Math.min(mostCount, n) };
}

type RateCount = {
  readonly bad: number;
  readonly n: number;
  /** Samples that are bad with the stores exchanged: both slow at the same time is nobody's doing. */
  readonly opposite?: number;
};

/**
 * Totals of an epoch as each gate counts them. A sample without an answer is slow (it may have been on its way to any
 * latency), and says nothing about scores and ids. Overlap counts what is missing: the share of chunks not in both.
 */
export function countsOf(totals: Counters): Readonly<Record<RateGate, RateCount>> {
  const { answered, latencyBetter: opposite } = totals;
  return {
    scoreDelta: counts(totals.scoreWorse, answered),
    scoreMean: counts(totals.scoreWorseSum, answered),
    latencyDelta: { ...counts(totals.latencyWorse + failedSamples(totals), triedSamples(totals)), opposite },
    mismatch: counts(totals.mismatch, answered),
    overlap: counts(answered - totals.overlapSum, answered),
  };
}

/** The same as a list, for the windows. */
export function listCounts(totals: Counters): GateCount[] {
  const counts = countsOf(totals);
  return rateGates.map((gate) => ({ gate, bad: counts[gate].bad, n: counts[gate].n }));
}
