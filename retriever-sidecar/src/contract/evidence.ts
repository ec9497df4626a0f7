// What a sidecar has counted. Plain integers and sums: they add up over pods and survive any restart of the operator.
import { z } from "zod";
import { epochSchema } from "./overlay.ts";

/** Far more than any pod counts, and few enough that sums and logarithms of them stay numbers. */
const mostCount = 1e15;
const count = z.number().min(0).max(mostCount);
/** Epoch seconds; ten digits as in a question for bins. */
const instant = z.int().min(0).max(9_999_999_999);

/** Upper edges in ms of the primary's latency histogram; one more bucket counts everything slower. */
export const latencyEdgesMs = [1, 2.5, 5, 10, 25, 50, 80, 100, 160, 250, 500, 1000, 2500, 5000] as const;

const histogram = z.array(count).length(latencyEdgesMs.length + 1);

const emptyBuckets: readonly number[] = [...latencyEdgesMs, 0].map(() => 0);

/** A copy: a reconcile makes hundreds of them, and to make each of its own elements takes ten times as long. */
function emptyHistogram(): number[] {
  return emptyBuckets.slice();
}

/** What was found of the truth, and of content, in samples of which that is known. */
const foundFields = {
  /** Samples whose truth is known: the exact answers of both stores, pooled and ranked by similarity. */
  recallSamples: count.default(0),
  /** Sums over them of max(0, d), max(0, -d) and d squared, where d is recall at k of the source less the destination's. */
  recallLossSum: count.default(0),
  recallGainSum: count.default(0),
  recallSquaresSum: count.default(0),

  /** Answered samples whose request included text or metadata, and in which content of at least one chunk was compared. */
  contentSamples: count.default(0),
  /** Sums over them of the share of compared chunks, 0..1, that lack content at the destination, or have another one there. */
  contentMissingSum: count.default(0),
  contentDifferentSum: count.default(0),
};
const nothingFound = {
  recallSamples: 0,
  recallLossSum: 0,
  recallGainSum: 0,
  recallSquaresSum: 0,
  contentSamples: 0,
  contentMissingSum: 0,
  contentDifferentSum: 0,
};

/**
 * Counters of one span of time. Keys that a reader doesn't know are left out: a newer sidecar may count more.
 * The first group counts all requests, the second only the sampled ones.
 * "Worse" always means the destination worse than the source, whichever of them is primary.
 */
export const countersSchema = z.object({
  requests: count,
  /** Requests that the primary failed (error or deadline). Requests refused as invalid aren't counted. */
  errors: count,
  /** Answers without a candidate. */
  empty: count,
  latencySumMs: count,
  /** Answered requests by latency; one more element than `latencyEdgesMs`. */
  latencyBuckets: histogram,
  /** Requests refused because as many as the sidecar takes were under way; they are in no other counter. */
  overloaded: count.default(0),
  /** Failed requests that the shadow was asked as well, and those of them that the source answered. */
  failedChecked: count.default(0),
  failedWorse: count.default(0),

  /** Samples that both stores answered. */
  answered: count,
  shadowErrors: count,
  shadowTimeouts: count,
  /** Samples given up because of our own limit; they say nothing about the shadow. */
  shadowDropped: count,
  /** Answered samples whose top similarity at the destination is lower by more than `thresholds.scoreDelta`, its offset apart. */
  scoreWorse: count,
  /** Answered samples that the destination answered slower by at least `thresholds.latencyDeltaMs`. */
  latencyWorse: count,
  /** The mirror of `latencyWorse`: the source was the slower one by at least as much. */
  latencyBetter: count.default(0),
  /** Answered samples that came back empty from the destination and not from the source. */
  emptyWorse: count.default(0),
  /** Answered samples by the shadow's own latency, as `latencyBuckets`. */
  shadowLatencyBuckets: histogram.default(emptyHistogram),
  /** Answered samples whose top chunk differs, ties (1e-6) apart. */
  mismatch: count,
  ties: count,
  /** Answered samples whose answers differ because the source holds chunks newer than anything the destination has. */
  lagging: count.default(0),
  /** Sum over answered samples of |top k of both| / k, 0..1 each, ties at the cut-off apart. */
  overlapSum: count,
  /** Sum over answered samples of max(0, loss), where loss is source - destination top similarity - `thresholds.scoreOffset`. */
  scoreWorseSum: count,
  /** The mirror: sum of max(0, -loss). */
  scoreBetterSum: count.default(0),

  ...foundFields,
});
export type Counters = z.infer<typeof countersSchema>;

/** A span that ends `offsetSeconds` ago and is `seconds` long, clipped to the epoch's activation. */
const windowSchema = z.object({
  seconds: z.int().min(1).max(900),
  offsetSeconds: z.int().min(0).max(900),
  /** How much of the span lies within this process and epoch. */
  coveredSeconds: count,
  counters: countersSchema,
});
export type EvidenceWindow = z.infer<typeof windowSchema>;

/** Length of a bin in seconds. Bins begin at multiples of it on the pod's wall clock. */
export const binSeconds = 10;
/** How long a sidecar keeps its counters, seconds. */
export const keptSeconds = 900;
/** Most bins one answer holds. */
export const maxBins = keptSeconds / binSeconds;
/** Namespaces that a sidecar counts by themselves. */
export const maxCountedSlices = 64;

/** What is counted of one namespace. */
export const sliceCountersSchema = z.object({
  requests: count,
  errors: count,
  failedChecked: count,
  failedWorse: count,
  answered: count,
  /** Samples that the shadow failed, timeouts included. */
  shadowErrors: count,
  scoreWorse: count,
  mismatch: count,
  /** Sidecars of earlier versions don't count these by namespace. */
  empty: count.default(0),
  emptyWorse: count.default(0),
  latencyWorse: count.default(0),
  latencyBetter: count.default(0),
  ...foundFields,
  latencyBuckets: histogram.default(emptyHistogram),
  shadowLatencyBuckets: histogram.default(emptyHistogram),
});
export type SliceCounters = z.infer<typeof sliceCountersSchema>;

/** All counters of a namespace zero. */
export function noSliceCounters(): SliceCounters {
  return {
    requests: 0,
    errors: 0,
    failedChecked: 0,
    failedWorse: 0,
    answered: 0,
    shadowErrors: 0,
    scoreWorse: 0,
    mismatch: 0,
    empty: 0,
    emptyWorse: 0,
    latencyWorse: 0,
    latencyBetter: 0,
    ...nothingFound,
    latencyBuckets: emptyHistogram(),
    shadowLatencyBuckets: emptyHistogram(),
  };
}

/** Adds in place, each counter by its name: a reconcile adds thousands of them. */
export function addToSlice(sum: SliceCounters, more: SliceCounters): void {
  sum.requests += more.requests;
  sum.errors += more.errors;
  sum.failedChecked += more.failedChecked;
  sum.failedWorse += more.failedWorse;
  sum.answered += more.answered;
  sum.shadowErrors += more.shadowErrors;
  sum.scoreWorse += more.scoreWorse;
  sum.mismatch += more.mismatch;
  sum.empty += more.empty;
  sum.emptyWorse += more.emptyWorse;
  sum.latencyWorse += more.latencyWorse;
  sum.latencyBetter += more.latencyBetter;
  sum.recallSamples += more.recallSamples;
  sum.recallLossSum += more.recallLossSum;
  sum.recallGainSum += more.recallGainSum;
  sum.recallSquaresSum += more.recallSquaresSum;
  sum.contentSamples += more.contentSamples;
  sum.contentMissingSum += more.contentMissingSum;
  sum.contentDifferentSum += more.contentDifferentSum;
  addBuckets(sum.latencyBuckets, more.latencyBuckets);
  addBuckets(sum.shadowLatencyBuckets, more.shadowLatencyBuckets);
}

/** In place, bucket by bucket. */
export function addBuckets(sum: number[], more: readonly number[]): void {
  for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (more[index] ?? 0);
}

/** One closed bin. Bins in which nothing was counted are left out. */
const binSchema = z.object({
  /** When it begins, epoch seconds of the pod's wall clock. */
  at: instant.multipleOf(binSeconds),
  counters: countersSchema,
  /** The busiest namespaces of the epoch by themselves. */
  slices: z
    .array(z.object({ namespace: z.string().max(256), counters: sliceCountersSchema }))
    .max(maxCountedSlices)
    .default([]),
});
export type EvidenceBin = z.infer<typeof binSchema>;

export const evidenceSchema = z.object({
  epoch: epochSchema,
  /** Age of the epoch in this process. */
  sinceSeconds: count,
  /** Totals since the epoch's activation. */
  counters: countersSchema,
  windows: z.array(windowSchema).max(8),
  /**
   * End of the newest closed bin, epoch seconds of the pod's wall clock; of the newest answered one where not all of them
   * fitted into one answer: ask on from here. 0: this sidecar keeps none.
   */
  closedAt: instant.default(0),
  /** Start of the bin that is counted into; later than `closedAt` where an answer would have been too long. */
  openAt: instant.optional(),
  /** What the bin that is counted into has counted so far; absent: nothing yet, or an older sidecar. */
  open: countersSchema.optional(),
  /** Closed bins of the epoch from the asked instant on, oldest first. */
  bins: z.array(binSchema).max(maxBins).default([]),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** All counters zero. */
export function noCounters(): Counters {
  return {
    requests: 0,
    errors: 0,
    empty: 0,
    latencySumMs: 0,
    latencyBuckets: emptyHistogram(),
    overloaded: 0,
    failedChecked: 0,
    failedWorse: 0,
    answered: 0,
    shadowErrors: 0,
    shadowTimeouts: 0,
    shadowDropped: 0,
    scoreWorse: 0,
    latencyWorse: 0,
    latencyBetter: 0,
    emptyWorse: 0,
    shadowLatencyBuckets: emptyHistogram(),
    mismatch: 0,
    ties: 0,
    lagging: 0,
    overlapSum: 0,
    scoreWorseSum: 0,
    scoreBetterSum: 0,
    ...nothingFound,
  };
}

/** Element-wise sum, at most what a count may be; associative and commutative. */
export function addCounters(a: Counters, b: Counters): Counters {
  const sum = noCounters();
  for (const key of Object.keys(sum) as (keyof Counters)[]) {
    if (key === "latencyBuckets" || key === "shadowLatencyBuckets") {
      sum[key] = a[key].map((value, index) => Math.min(mostCount, value + (b[key][index] ?? 0)));
    } else sum[key] = Math.min(mostCount, a[key] + b[key]);
  }
  return sum;
}

/** Most windows one status request may ask for. */
export const maxWindows = 8;

/** `15,300,300@300` → spans; undefined for anything else. Bounded: at most `maxWindows` spans of at most 900 s. */
export function parseWindows(query: string): { seconds: number; offsetSeconds: number }[] | undefined {
  if (query === "") return [];
  const parts = query.split(",");
  if (parts.length > maxWindows) return undefined;
  const spans: { seconds: number; offsetSeconds: number }[] = [];
  for (const part of parts) {
    const match = /^(\d{1,3})(?:@(\d{1,3}))?$/.exec(part);
    const seconds = Number(match?.[1]);
    const offsetSeconds = Number(match?.[2] ?? 0);
    if (match === null || seconds < 1 || seconds + offsetSeconds > 900) return undefined;
    spans.push({ seconds, offsetSeconds });
  }
  return spans;
}

/** The inverse of `parseWindows`. */
export function printWindows(spans: readonly { seconds: number; offsetSeconds: number }[]): string {
  return spans
    .map(({ seconds, offsetSeconds }) => (offsetSeconds === 0 ? `${seconds}` : `${seconds}@${offsetSeconds}`))
    .join(",");
}

/** `1790000000` → the epoch second from which on bins are asked for; null: none are. Undefined for anything else. */
export function parseBins(query: string | null): number | null | undefined {
  if (query === null) return null;
  return /^\d{1,10}$/.test(query) ? Number(query) : undefined;
}
