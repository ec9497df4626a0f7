// What was normal before the cutover; the new primary is judged against it.
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { addCounters, type Counters, latencyEdgesMs } from "@retriever/sidecar/contract/evidence.ts";
import { lowerBound, upperBound } from "../gates/confidence-sequence.ts";
import { leastFellows, leastSamples } from "../pods/fair-share.ts";
import { sumShares, thirdsOf } from "../pods/thirds.ts";

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

/**
 * Baseline from the totals of a passed stage, and from what each pod has counted in it (`pods`): it becomes a limit, so that
 * neither the third of the pods that shows the most nor the one that shows the least may make it. `mismatchShare` is kept
 * from the first stage that measured it.
 */
export function measureBaseline(
  totals: Counters,
  seconds: number,
  previous: Baseline | undefined,
  pods: readonly Counters[] = [],
): Baseline {
  const serving = pods.filter(({ requests }) => requests >= leastSamples);
  const ofRequests = (bad: (counters: Counters) => number) =>
    borneOut(totals, serving, bad, ({ requests }) => requests);
  return {
    requests: totals.requests,
    errorShare: ofRequests(({ errors }) => errors),
    emptyShare: ofRequests(({ empty }) => empty),
    p95Ms: p95Of(middleBy(serving, p95Of) ?? [totals]),
    ...measureMismatch(totals, previous, pods),
    ...measureOffset(totals, previous, pods),
    requestsPerSecond: totals.requests / Math.max(1, seconds),
  };
}

/** Chance that the share of the middle pods is really beyond what theirs is taken for. */
const middleAlpha = 0.001;

/** The share of all, as far as the middle third of the pods bears it out: as many samples, taken as if they had theirs. */
function borneOut(
  totals: Counters,
  pods: readonly Counters[],
  bad: (counters: Counters) => number,
  n: (counters: Counters) => number,
): number {
  const share = Math.min(1, bad(totals) / Math.max(1, n(totals)));
  const telling = pods.filter((one) => n(one) >= leastSamples);
  const middle = middleBy(telling, (one) => bad(one) / n(one));
  if (middle === undefined) return share;
  const left = sumShares(middle.map((one) => ({ bad: bad(one), n: n(one) })));
  const [least, most] = [lowerBound, upperBound].map((bound) => bound(left.bad, left.n, middleAlpha));
  return Math.max(least ?? 0, Math.min(most ?? 1, share));
}

/** The pods between the third with the highest value and the third with the lowest; undefined for fewer than three. */
function middleBy(pods: readonly Counters[], value: (counters: Counters) => number): readonly Counters[] | undefined {
  if (pods.length < leastFellows) return undefined;
  return thirdsOf(pods.map((counters) => ({ counters, bad: value(counters), n: 1 }))).middle.map(
    ({ counters }) => counters,
  );
}

function p95Of(counters: Counters | readonly Counters[]): number {
  const { latencyBuckets } = [counters].flat().reduce(addCounters);
  return latencyQuantileMs(latencyBuckets, 0.95) ?? 0;
}

function measureMismatch(
  totals: Counters,
  previous: Baseline | undefined,
  pods: readonly Counters[],
): Pick<Baseline, "mismatchShare" | "mismatchSamples"> {
  if (previous !== undefined && previous.mismatchShare !== null) {
    const { mismatchShare, mismatchSamples } = previous;
    return mismatchSamples === undefined ? { mismatchShare } : { mismatchShare, mismatchSamples };
  }
  const { answered } = totals;
  const share = borneOut(
    totals,
    pods,
    ({ mismatch }) => mismatch,
    (counters) => counters.answered,
  );
  return { mismatchShare: share, mismatchSamples: answered };
}

/** How much lower the destination scores on average, from the first stage that measured it; nothing where it doesn't. */
function measureOffset(
  totals: Counters,
  previous: Baseline | undefined,
  pods: readonly Counters[],
): Pick<Baseline, "scoreOffset"> {
  if (previous !== undefined) return previous.scoreOffset === undefined ? {} : { scoreOffset: previous.scoreOffset };
  const telling = pods.filter(({ answered }) => answered >= leastSamples);
  const offset = offsetOf((middleBy(telling, offsetOf) ?? [totals]).reduce(addCounters));
  return offset > leastOffset && offset <= mostOffset ? { scoreOffset: Number(offset.toPrecision(3)) } : {};
}

function offsetOf({ scoreWorseSum, scoreBetterSum, answered }: Counters): number {
  return (scoreWorseSum - scoreBetterSum) / Math.max(1, answered);
}

/** What stores of equal precision differ by; below it nothing is judged around. */
const leastOffset = 1e-4;
/** What an overlay can hold; beyond it nobody speaks of quantised scores. */
const mostOffset = 1;
