// What was normal before the cutover; the new primary is judged against it.
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { type Counters, latencyEdgesMs } from "@retriever/sidecar/contract/evidence.ts";

/** Upper end of the last bucket, for interpolation only. */
const slowestMs = 10_000;

/**
 * The p-quantile (0..1) of latency buckets in ms, linear inside a bucket as Prometheus' histogram_quantile.
 * Null without an answered request.
 */
export function latencyQuantileMs(buckets: readonly number[], p: number): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  const rank = p * total;
  let below = 0;
  for (const [index, count] of buckets.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = latencyEdgesMs[index - 1] ?? 0;
      const upper = latencyEdgesMs[index] ?? slowestMs;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return slowestMs;
}

/** Baseline from the totals of a passed stage. `mismatchShare` is kept from the first stage that measured it. */
export function measureBaseline(totals: Counters, seconds: number, previous: Baseline | undefined): Baseline {
  const requests = Math.max(1, totals.requests);
  return {
    requests: totals.requests,
    errorShare: totals.errors / requests,
    emptyShare: totals.empty / requests,
    p95Ms: latencyQuantileMs(totals.latencyBuckets, 0.95) ?? 0,
    ...measureMismatch(totals, previous),
    ...measureOffset(totals, previous),
    requestsPerSecond: totals.requests / Math.max(1, seconds),
  };
}

function measureMismatch(
  { mismatch, answered }: Counters,
  previous: Baseline | undefined,
): Pick<Baseline, "mismatchShare" | "mismatchSamples"> {
  if (previous !== undefined && previous.mismatchShare !== null) {
    const { mismatchShare, mismatchSamples } = previous;
    return mismatchSamples === undefined ? { mismatchShare } : { mismatchShare, mismatchSamples };
  }
  return { mismatchShare: mismatch / Math.max(1, answered), mismatchSamples: answered };
}

/** How much lower the destination scores on average, from the first stage that measured it; nothing where it doesn't. */
function measureOffset(
  { scoreWorseSum, scoreBetterSum, answered }: Counters,
  previous: Baseline | undefined,
): Pick<Baseline, "scoreOffset"> {
  if (previous !== undefined) return previous.scoreOffset === undefined ? {} : { scoreOffset: previous.scoreOffset };
  const offset = (scoreWorseSum - scoreBetterSum) / Math.max(1, answered);
  return offset > leastOffset && offset <= mostOffset ? { scoreOffset: Number(offset.toPrecision(3)) } : {};
}

/** What stores of equal precision differ by; below it nothing is judged around. */
const leastOffset = 1e-4;
/** What an overlay can hold; beyond it nobody speaks of quantised scores. */
const mostOffset = 1;
