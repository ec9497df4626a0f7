// One second of traffic at one pod: how many requests, and what became of them.
import type { EvidenceBin, SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { Serving } from "@retriever/sidecar/contract/follow-overlay.ts";
import type { Overlay, StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { countRecall } from "./count-recall.ts";
import type { Draws } from "./draws.ts";
import { busiest, type NamespaceShares, type Regime, type Service, type Wrongness } from "./regime.ts";
import { addToBucket, fieldPlace, type Row } from "./toy-row.ts";

export type Traffic = {
  readonly draws: Draws;
  readonly regime: Regime;
  /** Pods that share the traffic. */
  readonly pods: number;
};

/** What a sidecar serves and samples; without an overlay only its base. */
export type ToyServing = Serving & Partial<Pick<Overlay, "sampling" | "recall" | "thresholds">>;

type Rates = {
  /** Share of answered requests that the shadow is asked as well. */
  readonly sampled: number;
  /** Failed ones that it is asked a second anyway: half of the cap is kept for the others. */
  readonly checkedPerSecond: number;
};

/**
 * Adds the counts of one second to an empty row, and returns those of the busiest namespaces. Every sampled request was
 * answered by the primary first, or failed.
 */
export function serveSecond(
  { draws, regime, pods }: Traffic,
  serving: ToyServing,
  sampleRate: number,
  row: Row,
): EvidenceBin["slices"] {
  const requests = draws.poisson(regime.requestsPerSecond / pods);
  if (requests === 0) return [];
  const rates = { sampled: sampleRate, checkedPerSecond: (serving.sampling?.maxQueriesPerSecond ?? 0) / 2 };
  const serve = (count: number, wrong: Wrongness) => serveRequests({ draws, serving, rates }, count, wrong);
  const slices: EvidenceBin["slices"] = [];
  for (const { namespace, count } of partsOf(draws, requests, regime.namespaces)) {
    const counters = serve(count, namespace === undefined ? regime : wrongnessOf(regime, namespace));
    for (const key of countedKeys) row[fieldPlace[key]] = (row[fieldPlace[key]] ?? 0) + counters[key];
    if (namespace !== undefined) slices.push({ namespace, counters });
  }
  const service = regime[serving.primary];
  const answered = requests - (row[fieldPlace.errors] ?? 0);
  row[fieldPlace.empty] = draws.binomial(answered, service.empty);
  row[fieldPlace.latencySumMs] = Math.round(answered * service.meanMs);
  spreadLatencies({ draws, row, histogram: "latencyBuckets" }, answered, service);
  if (serving.shadow !== "none") compare(draws, row, { regime, serving, shadow: serving.shadow });
  return slices;
}

const countedKeys = [
  "requests",
  "errors",
  "failedChecked",
  "failedWorse",
  "answered",
  "shadowErrors",
  "scoreWorse",
  "mismatch",
] as const satisfies readonly (keyof SliceCounters)[];

/** The requests of each namespace that is counted, and of all others. */
function partsOf(draws: Draws, requests: number, namespaces: NamespaceShares | undefined) {
  const parts: { readonly namespace: string | undefined; readonly count: number }[] = [];
  let left = requests;
  let shareLeft = 1;
  for (const { name, share } of namespaces === undefined ? [] : busiest(namespaces)) {
    const count = draws.binomial(left, Math.min(1, share / shareLeft));
    if (count > 0) parts.push({ namespace: name, count });
    left -= count;
    shareLeft = Math.max(1e-12, shareLeft - share);
    if (left <= 0) break;
  }
  return left > 0 ? [...parts, { namespace: undefined, count: left }] : parts;
}

function wrongnessOf(regime: Regime, namespace: string): Wrongness {
  const wrong = regime.namespaces?.wrong[namespace];
  if (wrong === undefined) return regime;
  const { scoreWorse = regime.scoreWorse, mismatch = regime.mismatch, errors = regime.destination.errors } = wrong;
  return { ...regime, scoreWorse, mismatch, destination: { ...regime.destination, errors } };
}

type Sampling = { readonly draws: Draws; readonly serving: ToyServing; readonly rates: Rates };

/** What became of some of the requests. */
function serveRequests({ draws, serving, rates }: Sampling, requests: number, wrong: Wrongness): SliceCounters {
  const { primary, shadow } = serving;
  const failedAnyway = draws.binomial(requests, wrong.errorsOnSame);
  const failedAlone = draws.binomial(requests - failedAnyway, wrong[primary].errors);
  const errors = failedAnyway + failedAlone;
  const none = { failedChecked: 0, failedWorse: 0, answered: 0, shadowErrors: 0, scoreWorse: 0, mismatch: 0 };
  if (shadow === "none") return { ...none, requests, errors };
  const tried = draws.binomial(requests - errors, rates.sampled);
  const shadowErrors = draws.binomial(tried, wrong[shadow].errors);
  const answered = tried - shadowErrors;
  return {
    requests,
    errors,
    ...(primary === "destination" ? checkFailed(draws, rates, { failedAnyway, failedAlone }, wrong) : none),
    answered,
    shadowErrors,
    scoreWorse: draws.binomial(answered, wrong.scoreWorse),
    mismatch: draws.binomial(answered, wrong.mismatch),
  };
}

/** The source is asked what the destination failed: the sampled share, or as many as may be asked a second. */
function checkFailed(
  draws: Draws,
  { sampled, checkedPerSecond }: Rates,
  { failedAnyway, failedAlone }: { readonly failedAnyway: number; readonly failedAlone: number },
  { source }: Wrongness,
): Pick<SliceCounters, "failedChecked" | "failedWorse"> {
  const failed = failedAnyway + failedAlone;
  if (failed === 0) return { failedChecked: 0, failedWorse: 0 };
  const rate = Math.min(1, Math.max(sampled, checkedPerSecond / failed));
  const alone = draws.binomial(failedAlone, rate);
  const answered = alone - draws.binomial(alone, source.errors);
  return { failedChecked: alone + draws.binomial(failedAnyway, rate), failedWorse: answered };
}

type Histogram = {
  readonly draws: Draws;
  readonly row: Row;
  readonly histogram: "latencyBuckets" | "shadowLatencyBuckets";
};

function spreadLatencies({ draws, row, histogram }: Histogram, answered: number, { buckets }: Service): void {
  let left = answered;
  let shareLeft = 1;
  for (const [bucket, share] of buckets.entries()) {
    if (left === 0) return;
    const isLast = bucket === buckets.length - 1;
    const count = isLast ? left : draws.binomial(left, Math.min(1, share / shareLeft));
    if (count > 0) addToBucket(row, histogram, bucket, count);
    left -= count;
    shareLeft = Math.max(1e-12, shareLeft - share);
  }
}

/** How much lower the score of a sample is that counts as worse. */
const typicalDelta = 0.375;

type Comparison = { readonly regime: Regime; readonly serving: ToyServing; readonly shadow: StoreName };

/** What the answered samples tell beside what is counted by namespace. */
function compare(draws: Draws, row: Row, { regime, serving, shadow }: Comparison): void {
  const answered = row[fieldPlace.answered] ?? 0;
  if (answered === 0) return;
  const { latencyWorse, latencyBetter, source, destination } = regime;
  const slower = draws.binomial(answered, latencyWorse);
  row[fieldPlace.latencyWorse] = slower;
  row[fieldPlace.latencyBetter] = draws.binomial(
    answered - slower,
    Math.min(1, latencyBetter / Math.max(1e-12, 1 - latencyWorse)),
  );
  // A query without an answer at one store has none at the other either, as far as both have the same share of them.
  row[fieldPlace.emptyWorse] = draws.binomial(answered, Math.max(0, destination.empty - source.empty));
  spreadLatencies({ draws, row, histogram: "shadowLatencyBuckets" }, answered, regime[shadow]);
  // Whole eighths add up without rounding, in whatever order.
  row[fieldPlace.overlapSum] = answered - (row[fieldPlace.mismatch] ?? 0) / 2;
  const loss = answered * (regime.scoreOffset - (serving.thresholds?.scoreOffset ?? 0));
  const { scoreWorse } = fieldPlace;
  if (loss > answered * (serving.thresholds?.scoreDelta ?? 1)) row[scoreWorse] = answered;
  row[fieldPlace.scoreWorseSum] = (row[scoreWorse] ?? 0) * typicalDelta + Math.max(0, loss);
  row[fieldPlace.scoreBetterSum] = Math.max(0, -loss);
  if (serving.recall !== undefined) {
    const samples = Math.min(answered, draws.poisson(serving.recall.maxQueriesPerSecond));
    countRecall(draws, row, samples, regime.recall);
  }
}
