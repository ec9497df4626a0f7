// What a fleet of pods counts in bins of 10 s: the counters that the sidecars would have, drawn instead of served.

import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import { addToSlice, binSeconds, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";

/** How both stores do, for as long as nothing changes. Shares are 0..1. */
export type Regime = {
  /** Of the whole fleet. */
  readonly requestsPerSecond: number;
  /** Of requests: those that the destination fails and the source would answer, and those that both fail. */
  readonly failsAlone: number;
  readonly failsBoth: number;
  /** Of answered requests. */
  readonly emptyAlone: number;
  readonly emptyBoth: number;
  /** Of answers of the destination and of the source: above what live latency may be. */
  readonly slow: number;
  readonly sourceSlow: number;
  /** Of samples: the destination gives no answer. */
  readonly shadowErrors: number;
  /** Of answered samples. */
  readonly scoreWorse: number;
  readonly latencyWorse: number;
  readonly latencyBetter: number;
  readonly mismatch: number;
  /** Mean share of chunks in both answers. */
  readonly overlap: number;
  readonly recall: RecallRegime;
  /** Left out: no request includes content. */
  readonly content?: ContentRegime;
};

/** Of answered samples: how many include content. Of chunks: how many lack it or have another one. */
export type ContentRegime = { readonly included: number; readonly bad: number };

/** Recall of the source less the destination's, by sample: `step` in a share `worse`, -`step` in a share `better`, else 0. */
export type RecallRegime = { readonly step: number; readonly worse: number; readonly better: number };

/** A part of a bin. */
export type Segment = { readonly regime: Regime; readonly seconds: number };

type Sampling = { readonly minRate: number; readonly maxRate: number; readonly maxQueriesPerSecond: number };

/** Exact searches of a store by the whole fleet. */
export const exactSearchesPerSecond = 1;
/** Over which a sidecar averages the rate of its requests. */
const rateMemorySeconds = 60;
const rateKept = Math.exp(-binSeconds / rateMemorySeconds);
const lastBucket = noCounters().latencyBuckets.length - 1;

/** The effective rate of a guard's samples, as sidecars adapt it by themselves. */
export class AdaptiveRate {
  readonly #sampling: Sampling;
  #requestsPerSecond: number;

  constructor(sampling: Sampling, requestsPerSecond: number) {
    this.#sampling = sampling;
    this.#requestsPerSecond = requestsPerSecond;
  }

  get value(): number {
    const { minRate, maxRate, maxQueriesPerSecond } = this.#sampling;
    return Math.min(maxRate, Math.max(minRate, maxQueriesPerSecond / Math.max(1e-9, this.#requestsPerSecond)));
  }

  /** After one more bin. */
  count(requests: number): void {
    this.#requestsPerSecond = rateKept * this.#requestsPerSecond + (1 - rateKept) * (requests / binSeconds);
  }
}

/** A bin of the guard: the destination serves, the source is the shadow. */
export function drawGuardBin(at: number, segments: readonly Segment[], rate: number, draws: Draws): Bin {
  return drawPodBin(at, segments, { rate, draws, exactPerSecond: exactSearchesPerSecond });
}

type PodDrawing = {
  /** Of samples, 0..1. */
  readonly rate: number;
  readonly draws: Draws;
  /** Exact searches of a store. */
  readonly exactPerSecond: number;
};

/** The same of one pod, whose share of the fleet's requests the regimes say. */
export function drawPodBin(at: number, segments: readonly Segment[], { rate, draws, exactPerSecond }: PodDrawing): Bin {
  const counters = noCounters();
  for (const { regime, seconds } of segments) {
    const requests = draws.poisson(regime.requestsPerSecond * seconds);
    if (requests === 0) continue;
    const alone = draws.binomial(requests, regime.failsAlone);
    const both = draws.binomial(requests - alone, regime.failsBoth);
    const failedWorse = draws.binomial(alone, rate);
    counters.failedWorse += failedWorse;
    counters.failedChecked += failedWorse + draws.binomial(both, rate);
    const answers = requests - alone - both;
    const emptyAlone = draws.binomial(answers, regime.emptyAlone);
    counters.requests += requests;
    counters.errors += alone + both;
    counters.empty += emptyAlone + draws.binomial(answers - emptyAlone, regime.emptyBoth);
    const samples = draws.binomial(answers, rate);
    counters.emptyWorse += Math.min(samples, draws.binomial(emptyAlone, rate));
    addSlow(counters.latencyBuckets, answers, draws.binomial(answers, regime.slow));
    addSlow(counters.shadowLatencyBuckets, samples, draws.binomial(samples, regime.sourceSlow));
    countSamples(counters, samples, regime, draws);
  }
  countRecall(counters, segments, draws, exactPerSecond);
  return { at, counters, slices: noSlices, failing: failingPods(counters.errors, draws) };
}

/** A bin of a stage: the source serves, the destination is the shadow. */
export function drawRampBin(at: number, segments: readonly Segment[], rate: number, draws: Draws): Bin {
  const counters = noCounters();
  for (const { regime, seconds } of segments) {
    const requests = draws.poisson(regime.requestsPerSecond * seconds);
    const errors = draws.binomial(requests, regime.failsBoth);
    const answers = requests - errors;
    counters.requests += requests;
    counters.errors += errors;
    counters.empty += draws.binomial(answers, regime.emptyBoth);
    const samples = draws.binomial(answers, rate);
    const failed = draws.binomial(samples, regime.shadowErrors);
    counters.shadowErrors += failed;
    addSlow(counters.latencyBuckets, answers, draws.binomial(answers, regime.sourceSlow));
    addSlow(counters.shadowLatencyBuckets, samples - failed, draws.binomial(samples - failed, regime.slow));
    countSamples(counters, samples - failed, regime, draws);
  }
  countRecall(counters, segments, draws, exactSearchesPerSecond);
  return { at, counters, slices: noSlices, failing: [] };
}

const noSlices: Bin["slices"] = new Map();

/** In place. All that is drawn is counted by namespace as well, but for what answers have in common. */
export function addDrawn(sum: Counters, more: Counters): void {
  addToSlice(sum, more);
  sum.overlapSum += more.overlapSum;
}

function countSamples(counters: Counters, samples: number, regime: Regime, draws: Draws): void {
  if (samples === 0) return;
  const slower = draws.binomial(samples, regime.latencyWorse);
  counters.answered += samples;
  counters.scoreWorse += draws.binomial(samples, regime.scoreWorse);
  counters.latencyWorse += slower;
  counters.latencyBetter += draws.binomial(samples - slower, shareOfRest(regime.latencyBetter, regime.latencyWorse));
  counters.mismatch += draws.binomial(samples, regime.mismatch);
  counters.overlapSum += samples * regime.overlap;
  if (regime.content !== undefined) countContent(counters, samples, regime.content, draws);
}

/** All chunks of a sample share its fate, which is the worst for the bound. */
function countContent(counters: Counters, samples: number, { included, bad }: ContentRegime, draws: Draws): void {
  const compared = draws.binomial(samples, included);
  counters.contentSamples += compared;
  counters.contentMissingSum += draws.binomial(compared, bad);
}

function countRecall(counters: Counters, segments: readonly Segment[], draws: Draws, perSecond: number): void {
  const regime = segments.at(-1)?.regime.recall;
  const samples = Math.min(counters.answered, Math.round(binSeconds * perSecond));
  if (regime !== undefined && samples > 0) setRecall(counters, samples, regime, draws);
}

/** So many of the samples were searched exactly. */
export function setRecall(
  counters: Counters,
  samples: number,
  { step, worse, better }: Regime["recall"],
  draws: Draws,
): void {
  const lost = draws.binomial(samples, worse);
  const gained = draws.binomial(samples - lost, shareOfRest(better, worse));
  counters.recallSamples = samples;
  counters.recallLossSum = lost * step;
  counters.recallGainSum = gained * step;
  counters.recallSquaresSum = (lost + gained) * step * step;
}

/** Only on which side of the bound an answer lies is judged. */
function addSlow(buckets: number[], answers: number, slow: number): void {
  buckets[0] = (buckets[0] ?? 0) + answers - slow;
  buckets[lastBucket] = (buckets[lastBucket] ?? 0) + slow;
}

/** What a share of all is of those that are left. */
function shareOfRest(share: number, taken: number): number {
  return taken >= 1 ? 0 : Math.min(1, share / (1 - taken));
}

/** Pods by uid, of the largest fleet whose groups are single pods. */
export const podNames: readonly string[] = Array.from({ length: 12 }, (_, index) => `pod-${index + 1}`);
/** Pods of a fleet whose groups aren't told apart. */
const together = podNames.slice(0, 3);

/** Which pods failed some of as many requests. */
function failingPods(errors: number, draws: Draws): readonly string[] {
  let left = errors;
  return together.filter((_, index) => {
    const own = draws.binomial(left, 1 / (together.length - index));
    left -= own;
    return own > 0;
  });
}
