// What every run starts from: the plan, stores that do well, and what the ramp measured of them.
import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import type { MigrationSpec, MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import { bucketShares, shareSlowerBy } from "@retriever/kubectl/toy/latency.ts";
import { measureBaseline } from "@retriever/operator/core/harm/baseline.ts";
import { latencyEdgesMs, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { Regime } from "./traffic.ts";

/** A plan of defaults, as `examples/default`; throws when `more` can't be. */
export function planOf(more: Partial<MigrationSpecInput> = {}): MigrationSpec {
  const parsed = parseMigrationSpec({
    target: { name: "search-api" },
    destination: { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" },
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.spec;
}

/** Median latency of both stores in the ramp, where nothing else is said; what the ramp measured. */
export const usualMedianMs = 60;
const p95OfMedian = 1.81;

/** Both stores alike and well. */
export const healthy: Regime = {
  requestsPerSecond: 1,
  failsAlone: 0,
  failsBoth: 0.003,
  emptyAlone: 0,
  emptyBoth: 0.01,
  slow: 0,
  sourceSlow: 0,
  shadowErrors: 0,
  scoreWorse: 0.01,
  latencyWorse: 0.01,
  latencyBetter: 0.01,
  mismatch: 0.1,
  overlap: 0.9,
  recall: { step: 0.1, worse: 0.1, better: 0.1 },
};

/** A regime under which both stores have these medians: pairs and live latency follow from the distributions. */
export function latencies(
  { thresholds: { latencyDelta, livePrimary } }: MigrationSpec,
  destinationMs: number,
  sourceMs: number,
  baselineMs = usualMedianMs,
): Partial<Regime> {
  const { limitMs } = latencyDelta;
  const boundMs = baselineMs * p95OfMedian + livePrimary.maxP95IncreaseMs;
  return {
    slow: shareAbove(boundMs, destinationMs),
    sourceSlow: shareAbove(boundMs, sourceMs),
    latencyWorse: shareSlowerBy(limitMs, destinationMs, sourceMs),
    latencyBetter: shareSlowerBy(limitMs, sourceMs, destinationMs),
  };
}

function shareAbove(limitMs: number, medianMs: number): number {
  const edge = latencyEdgesMs.findIndex((upper) => upper >= limitMs);
  return bucketShares(medianMs)
    .slice(edge + 1)
    .reduce((sum, share) => sum + share, 0);
}

/** What the stages of a plan measure of a corpus: with chance, as the ramp does. */
export function drawBaseline(plan: MigrationSpec, regime: Regime, draws: Draws, medianMs = usualMedianMs): Baseline {
  const { requestsPerSecond, mismatch, failsBoth, emptyBoth } = regime;
  let baseline: Baseline | undefined;
  for (const { sampleRate, minSamples } of plan.stages) {
    const seconds = Math.max(2700, minSamples / sampleRate / requestsPerSecond);
    const totals = noCounters();
    totals.requests = Math.max(1, draws.poisson(requestsPerSecond * seconds));
    totals.errors = draws.binomial(totals.requests, failsBoth);
    totals.empty = draws.binomial(totals.requests - totals.errors, emptyBoth);
    totals.latencyBuckets = bucketShares(medianMs).map((share) => share * (totals.requests - totals.errors));
    totals.answered = draws.binomial(totals.requests, sampleRate);
    totals.mismatch = draws.binomial(totals.answered, mismatch);
    baseline = measureBaseline(totals, seconds, baseline);
  }
  if (baseline === undefined) throw new RangeError("a plan without stages");
  return baseline;
}
