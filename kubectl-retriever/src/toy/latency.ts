// How long the stores of a rehearsal take: log-normal around a median, as search latencies roughly are. Pure.
import { latencyEdgesMs } from "@retriever/sidecar/contract/evidence.ts";

/** Spread of log(latency): p95 is about 1.8 times the median. */
const spread = 0.36;
const slices = 64;

/** Share of answers within `ms`, for a store with this median. */
function shareWithin(medianMs: number, ms: number): number {
  return ms <= 0 ? 0 : normalShare(Math.log(ms / medianMs) / spread);
}

/** Shares of the contract's latency buckets; one more than there are edges. */
export function bucketShares(medianMs: number): number[] {
  const within = [...latencyEdgesMs.map((edge) => shareWithin(medianMs, edge)), 1];
  return within.map((share, index) => Math.max(0, share - (within[index - 1] ?? 0)));
}

/** Mean of the distribution in ms. */
export function meanMs(medianMs: number): number {
  return medianMs * Math.exp((spread * spread) / 2);
}

/** Share of pairs in which the slower store takes at least `limitMs` longer than the other. */
export function shareSlowerBy(limitMs: number, medianMs: number, otherMedianMs: number): number {
  let sum = 0;
  for (let slice = 0; slice < slices; slice += 1) {
    const other = quantile(otherMedianMs, (slice + 0.5) / slices);
    sum += 1 - shareWithin(medianMs, other + limitMs);
  }
  const share = sum / slices;
  // A tail below what a rehearsal can show would only cost draws.
  return share < 1e-6 ? 0 : share;
}

function quantile(medianMs: number, share: number): number {
  let low = -6;
  let high = 6;
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return medianMs * Math.exp(low * spread);
}

/** Standard normal distribution; Abramowitz and Stegun 26.2.17, error below 7.5e-8. */
function normalShare(x: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(x));
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return x >= 0 ? 1 - tail : tail;
}
