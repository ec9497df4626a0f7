// One second of traffic at one pod: how many requests, and what became of them.
import { type EvidenceBin, noSliceCounters, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
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
  const slices: EvidenceBin["slices"] = [];
  // Those whose answers are as empty and as fast as all others'.
  const alike = { served: 0, compared: 0 };
  for (const { namespace, count } of partsOf(draws, requests, regime.namespaces)) {
    const wrong = namespace === undefined ? undefined : regime.namespaces?.wrong[namespace];
    const counters = serveApart({ draws, serving, rates, row }, { count, regime, wrong }, alike);
    if (namespace !== undefined) slices.push({ namespace, counters });
  }
  answer({ draws, serving, row }, alike, regime);
  if (serving.shadow !== "none") compare(draws, row, { regime, serving });
  return slices;
}

type Asking = {
  readonly count: number;
  readonly regime: Regime;
  readonly wrong: NamespaceShares["wrong"][string] | undefined;
};

/** One namespace's requests; what is empty and slow of them is counted here where it isn't as of all others. */
function serveApart(
  { draws, serving, rates, row }: Sampling & Answering,
  { count, regime, wrong }: Asking,
  alike: { served: number; compared: number },
): SliceCounters {
  const own = wrong === undefined ? regime : worseRegime(regime, wrong);
  const counters = serveRequests({ draws, serving, rates }, count, own);
  for (const key of countedKeys) addToField(row, key, counters[key]);
  const answers = { served: count - counters.errors, compared: counters.answered };
  if (wrong?.empty !== undefined || wrong?.slow !== undefined)
    return { ...counters, ...answer({ draws, serving, row }, answers, own) };
  alike.served += answers.served;
  alike.compared += answers.compared;
  return counters;
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

function worseRegime(regime: Regime, wrong: NamespaceShares["wrong"][string]): Regime {
  const { destination } = regime;
  const { scoreWorse = regime.scoreWorse, mismatch = regime.mismatch } = wrong;
  const { errors = destination.errors, empty = destination.empty } = wrong;
  const { meanMs, buckets, latencyWorse, latencyBetter } = wrong.slow ?? { ...regime, ...destination };
  const own = { scoreWorse, mismatch, latencyWorse, latencyBetter };
  return { ...regime, ...own, destination: { errors, empty, meanMs, buckets } };
}

type Sampling = { readonly draws: Draws; readonly serving: ToyServing; readonly rates: Rates };

/** Nothing adds to these: of namespaces that do as all others, empty and slow answers aren't told apart. */
const none = noSliceCounters();

/** What became of some of the requests. */
function serveRequests({ draws, serving, rates }: Sampling, requests: number, wrong: Wrongness): SliceCounters {
  const { primary, shadow } = serving;
  const failedAnyway = draws.binomial(requests, wrong.errorsOnSame);
  const failedAlone = draws.binomial(requests - failedAnyway, wrong[primary].errors);
  const errors = failedAnyway + failedAlone;
  if (shadow === "none") return { ...none, requests, errors };
  const tried = draws.binomial(requests - errors, rates.sampled);
  const shadowErrors = draws.binomial(tried, wrong[shadow].errors);
  const answered = tried - shadowErrors;
  return {
    ...none,
    requests,
    errors,
    ...(primary === "destination" ? checkFailed(draws, rates, { failedAnyway, failedAlone }, wrong) : {}),
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

type Answering = { readonly draws: Draws; readonly serving: ToyServing; readonly row: Row };
type Answered = { readonly served: number; readonly compared: number };
type Answers = Pick<
  SliceCounters,
  "empty" | "emptyWorse" | "latencyWorse" | "latencyBetter" | "latencyBuckets" | "shadowLatencyBuckets"
>;

/** How many of the answers were empty, and how long they took; added to the row. */
function answer({ draws, serving, row }: Answering, { served, compared }: Answered, regime: Regime): Answers {
  const { primary, shadow } = serving;
  const service = regime[primary];
  const empty = draws.binomial(served, service.empty);
  const latencyBuckets = spreadLatencies(draws, served, service);
  addToField(row, "latencySumMs", Math.round(served * service.meanMs));
  const told = shadow === "none" || compared === 0 ? none : compareAnswers(draws, compared, regime, shadow);
  const { emptyWorse, latencyWorse, latencyBetter, shadowLatencyBuckets } = told;
  const answers = { empty, emptyWorse, latencyWorse, latencyBetter, latencyBuckets, shadowLatencyBuckets };
  for (const key of ["empty", "emptyWorse", "latencyWorse", "latencyBetter"] as const)
    addToField(row, key, answers[key]);
  for (const key of ["latencyBuckets", "shadowLatencyBuckets"] as const) {
    for (const [bucket, count] of answers[key].entries()) if (count > 0) addToBucket(row, key, bucket, count);
  }
  return answers;
}

function addToField(row: Row, field: keyof typeof fieldPlace, count: number): void {
  row[fieldPlace[field]] = (row[fieldPlace[field]] ?? 0) + count;
}

function compareAnswers(
  draws: Draws,
  compared: number,
  regime: Regime,
  shadow: StoreName,
): Omit<Answers, "empty" | "latencyBuckets"> {
  const { latencyWorse: share, latencyBetter: mirror, source, destination } = regime;
  const latencyWorse = draws.binomial(compared, share);
  const latencyBetter = draws.binomial(compared - latencyWorse, Math.min(1, mirror / Math.max(1e-12, 1 - share)));
  // A query without an answer at one store has none at the other either, as far as both have the same share of them.
  const emptyWorse = draws.binomial(compared, Math.max(0, destination.empty - source.empty));
  return {
    latencyWorse,
    latencyBetter,
    emptyWorse,
    shadowLatencyBuckets: spreadLatencies(draws, compared, regime[shadow]),
  };
}

/** By bucket. */
function spreadLatencies(draws: Draws, answered: number, { buckets }: Service): number[] {
  const counts = buckets.map(() => 0);
  let left = answered;
  let shareLeft = 1;
  for (const [bucket, share] of buckets.entries()) {
    if (left === 0) break;
    const isLast = bucket === buckets.length - 1;
    const count = isLast ? left : draws.binomial(left, Math.min(1, share / shareLeft));
    counts[bucket] = count;
    left -= count;
    shareLeft = Math.max(1e-12, shareLeft - share);
  }
  return counts;
}

/** How much lower the score of a sample is that counts as worse. */
const typicalDelta = 0.375;

type Comparison = { readonly regime: Regime; readonly serving: ToyServing };

/** What the answered samples tell beside what is counted by namespace. */
function compare(draws: Draws, row: Row, { regime, serving }: Comparison): void {
  const answered = row[fieldPlace.answered] ?? 0;
  if (answered === 0) return;
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
