// What a sidecar has counted. Plain integers and sums: they add up over pods and survive any restart of the operator.
import { z } from "zod";

const count = z.number().min(0);

/** Upper edges in ms of the primary's latency histogram; one more bucket counts everything slower. */
export const latencyEdgesMs = [1, 2.5, 5, 10, 25, 50, 80, 100, 160, 250, 500, 1000, 2500, 5000] as const;

/**
 * Counters of one span of time.
 * The first group counts all requests, the second only the sampled ones.
 * "Worse" always means the destination worse than the source, whichever of them is primary.
 */
export const countersSchema = z.strictObject({
  requests: count,
  /** Requests that the primary failed (error or deadline). Requests refused as invalid aren't counted. */
  errors: count,
  /** Answers without a candidate. */
  empty: count,
  latencySumMs: count,
  /** Answered requests by latency; one more element than `latencyEdgesMs`. */
  latencyBuckets: z.array(count).length(latencyEdgesMs.length + 1),

  /** Samples that both stores answered. */
  answered: count,
  shadowErrors: count,
  shadowTimeouts: count,
  /** Samples given up because of our own limit; they say nothing about the shadow. */
  shadowDropped: count,
  /** Answered samples whose top similarity at the destination is lower by more than `thresholds.scoreDelta`. */
  scoreWorse: count,
  /** Answered samples that the destination answered slower by at least `thresholds.latencyDeltaMs`. */
  latencyWorse: count,
  /** Answered samples whose top chunk differs, ties (1e-6) apart. */
  mismatch: count,
  ties: count,
  /** Answered samples whose answers differ because the source holds chunks newer than anything the destination has. */
  lagging: count.default(0),
  /** Sum over answered samples of |top k of both| / k, 0..1 each. */
  overlapSum: count,
  /** Sum over answered samples of max(0, source - destination) top similarity. */
  scoreWorseSum: count,
});
export type Counters = z.infer<typeof countersSchema>;

/** A span that ends `offsetSeconds` ago and is `seconds` long, clipped to the epoch's activation. */
const windowSchema = z.strictObject({
  seconds: z.int().min(1).max(900),
  offsetSeconds: z.int().min(0).max(900),
  /** How much of the span lies within this process and epoch. */
  coveredSeconds: z.number().min(0),
  counters: countersSchema,
});
export type EvidenceWindow = z.infer<typeof windowSchema>;

export const evidenceSchema = z.strictObject({
  epoch: z.int().min(0),
  /** Age of the epoch in this process. */
  sinceSeconds: z.number().min(0),
  /** Totals since the epoch's activation. */
  counters: countersSchema,
  windows: z.array(windowSchema),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** All counters zero. */
export function noCounters(): Counters {
  return {
    requests: 0,
    errors: 0,
    empty: 0,
    latencySumMs: 0,
    latencyBuckets: latencyEdgesMs.map(() => 0).concat(0),
    answered: 0,
    shadowErrors: 0,
    shadowTimeouts: 0,
    shadowDropped: 0,
    scoreWorse: 0,
    latencyWorse: 0,
    mismatch: 0,
    ties: 0,
    lagging: 0,
    overlapSum: 0,
    scoreWorseSum: 0,
  };
}

/** Element-wise sum; associative and commutative. */
export function addCounters(a: Counters, b: Counters): Counters {
  const sum = noCounters();
  for (const key of Object.keys(sum) as (keyof Counters)[]) {
    if (key !== "latencyBuckets") sum[key] = a[key] + b[key];
  }
  sum.latencyBuckets = a.latencyBuckets.map((value, index) => value + (b.latencyBuckets[index] ?? 0));
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
