// The lines of harm: what each counts, what it is held against, and what the plan does about it.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { type Counters, latencyEdgesMs } from "@retriever/sidecar/contract/evidence.ts";
import { upperBound } from "../gates/confidence-sequence.ts";
import { logEvidenceBelow, logMeanExp } from "../gates/e-value.ts";
import { contentOf, failedSamples, triedSamples } from "../gates/gate-counts.ts";
import { logWealthAbove, logWealthBelow } from "../gates/recall.ts";
import { alternativesOf, type Count, type Logs, likeliest, makeLogRatios, remembering } from "./detector.ts";
import { failuresOf } from "./failures.ts";
import { type Contrast, contrastEmpties, contrastShares, contrastSlowness, noContrast } from "./reference.ts";

/** From this share of failed requests on nobody waits for `sustainedFor`. */
export const severeLimit = 0.2;
/** Of p95: this share of requests is slower anyway. */
const slowShare = 0.05;
/** Chance that a measured baseline is really above the bound that is used for it. */
const baselineAlpha = 0.01;
/** From the limit to the likeliest share: nearer to it than half-way, so that bursts seldom bear out what they began. */
const alarmingPart = 0.6;
/** The first half of the budget is for all traffic: half of that for severe harm, the rest for the other lines. */
const severeWeight = 0.25;
const linesWeight = 0.25;
/** Out of the half of the slices: few requests include content, and the other lines shouldn't need more for it. */
const contentWeight = 1 / 32;
export const slicesWeight = 0.5 - contentWeight;

/** What a batch adds to a line. */
export type LineCount = Count & {
  /** Sum of squares, of lines that judge a mean. */
  readonly squares?: number;
  /** What the source did at the same time: meaning by line, see `reference.ts`. */
  readonly reference?: Count;
};

export type LineRule = {
  readonly line: HarmLineName;
  /** A mean is judged, not a share. */
  readonly isMean?: true;
  /** The share (or mean) that may not be exceeded, 0..1. */
  readonly limit: number;
  /** Part of the error budget, 0..1. */
  readonly weight: number;
  readonly action: HarmAction;
  readonly contrast: Contrast;
  /** ln of the evidence that a batch gives to each alternative. */
  readonly ratios: (count: LineCount) => readonly number[];
  /** Part of the way from the limit to what the evidence speaks for, or to what was seen: below it the harm is over. */
  readonly alarmingShare: (logs: Logs, seen: Count) => number;
  /** ln of the evidence of a part that the share is below this one. */
  readonly logBelow: (part: LineCount, share: number) => number;
};

/** `whole`: of a group's counters those of the fleet in the same bin. */
export type CounterLine = LineRule & { readonly count: (counters: Counters, whole?: Counters) => LineCount };

export type Facts = {
  readonly plan: MigrationSpec;
  readonly baseline: Baseline | undefined;
  readonly pastCutover: boolean;
  /** Recall proved, or is about to, that answers that differ aren't worse. */
  readonly differenceIsHarmless: boolean;
  /** Its probes fail: that it failed a request as well says nothing about the request. */
  readonly sourceFails?: boolean | undefined;
};

/** The lines over all traffic that are judged on this side of the cutover. */
export function trafficLines(facts: Facts): readonly CounterLine[] {
  const lines = facts.pastCutover ? [...sampleLines(facts), ...liveLines(facts)] : beforeLines(facts);
  return [
    ...lines.map((line) => ({ ...line, weight: linesWeight / lines.length })),
    contentLine(facts),
    severeLine(facts),
  ];
}

function beforeLines(facts: Facts): readonly CounterLine[] {
  const { maxBadShare, beforeCutover } = facts.plan.thresholds.shadowErrors;
  return [
    ...sampleLines(facts),
    {
      ...shareRule("shadowErrors", maxBadShare, beforeCutover),
      count: (counters) => ({ bad: failedSamples(counters), n: triedSamples(counters) }),
    },
  ];
}

/** What the samples say of the destination, whichever store is primary. */
function sampleLines({ plan, baseline, pastCutover, differenceIsHarmless }: Facts): readonly CounterLine[] {
  const { scoreDelta, latencyDelta, mismatch } = plan.thresholds;
  const { recall } = plan;
  const usual = baseline?.mismatchShare ?? undefined;
  const mismatchLimit = usual === undefined ? mismatch.ceiling : boundOf(usual, baseline?.mismatchSamples);
  const act = (line: { readonly beforeCutover: HarmAction; readonly afterCutover: HarmAction }): HarmAction =>
    pastCutover ? line.afterCutover : line.beforeCutover;
  return [
    {
      ...shareRule("score", scoreDelta.maxBadShare, act(scoreDelta)),
      count: ({ scoreWorse, answered }) => ({ bad: scoreWorse, n: answered }),
    },
    {
      ...shareRule("latency", latencyDelta.maxBadShare, act(latencyDelta)),
      contrast: contrastSlowness,
      count: (counters) => slownessOf(counters, pastCutover),
    },
    {
      ...shareRule("mismatch", differenceIsHarmless ? 1 : mismatchLimit + mismatch.maxIncrease, act(mismatch)),
      count: ({ mismatch: bad, answered }) => ({ bad, n: answered }),
    },
    ...(recall.mode === "Off" ? [] : [{ ...recallRule(recall.maxLoss, act(recall)), count: recallOf }]),
  ];
}

/** Before the cutover a sample without an answer is slow; afterwards it is the source's own failure, and no harm. */
function slownessOf(counters: Counters, pastCutover: boolean): LineCount {
  const failed = pastCutover ? 0 : failedSamples(counters);
  // What the source didn't answer in time is its slowest.
  const timeouts = pastCutover ? counters.shadowTimeouts : 0;
  const reference = { bad: counters.latencyBetter + timeouts, n: counters.answered + timeouts };
  return { bad: counters.latencyWorse + failed, n: counters.answered + failed, reference };
}

/** A mean instead of a share: how much lower the destination's recall is. */
export function recallRule(limit: number, action: HarmAction): LineRule {
  return {
    ...meanRule("recall", limit, action),
    ratios: ({ bad, n, squares = 0 }) => logWealthAbove({ n, sum: bad, squares }, limit),
    logBelow: ({ bad, n, squares = 0 }, share) => logMeanExp(logWealthBelow({ n, sum: bad, squares }, share)),
  };
}

type RecallCounters = Pick<Counters, "recallSamples" | "recallLossSum" | "recallGainSum" | "recallSquaresSum">;

export function recallOf(counters: RecallCounters): LineCount {
  const { recallSamples: n, recallLossSum, recallGainSum, recallSquaresSum: squares } = counters;
  return { bad: recallLossSum - recallGainSum, n, squares };
}

/** Whether chunks of both answers say the same: a mean of shares, since chunks of one answer share their fate. */
function contentLine({ plan, pastCutover }: Facts): CounterLine {
  const { maxBadShare, beforeCutover, afterCutover } = plan.thresholds.content;
  return {
    ...shareRule("content", maxBadShare, pastCutover ? afterCutover : beforeCutover),
    weight: contentWeight,
    count: contentOf,
  };
}

/** The new primary over all requests, above what was normal before the cutover. */
function liveLines({ plan, baseline, sourceFails = false }: Facts): readonly CounterLine[] {
  const { maxErrorIncrease, maxEmptyIncrease, maxP95IncreaseMs, afterCutover } = plan.thresholds.livePrimary;
  if (baseline === undefined) return [];
  const { requests, errorShare, emptyShare, p95Ms } = baseline;
  const slowMs = p95Ms + maxP95IncreaseMs;
  return [
    {
      ...shareRule("liveErrors", boundOf(errorShare, requests) + maxErrorIncrease, afterCutover),
      contrast: contrastShares(0),
      count: (counters, whole) =>
        withRefused(
          sourceFails ? { bad: counters.errors, n: counters.requests } : liveFailuresOf(counters, whole),
          counters,
          slowMs,
        ),
    },
    {
      ...shareRule("emptyAnswers", boundOf(emptyShare, requests) + maxEmptyIncrease, afterCutover),
      contrast: contrastEmpties(maxEmptyIncrease),
      count: ({ empty, requests: n, emptyWorse, answered }) => ({
        bad: empty,
        n,
        reference: { bad: emptyWorse, n: answered },
      }),
    },
    {
      ...shareRule("liveLatency", slowShare, afterCutover),
      contrast: contrastShares(slowShare),
      count: ({ latencyBuckets, shadowLatencyBuckets, shadowTimeouts }) => {
        const { bad, n } = slowerThan(shadowLatencyBuckets, slowMs);
        // What the source didn't answer in time is its slowest.
        const reference = { bad: bad + shadowTimeouts, n: n + shadowTimeouts };
        return { ...slowerThan(latencyBuckets, slowMs), reference };
      },
    },
  ];
}

/** Requests on every fifth of which the new primary fails: its own detector, and no wait. */
function severeLine({ plan, pastCutover }: Facts): CounterLine {
  return {
    ...shareRule("severe", pastCutover ? severeLimit : 1, plan.thresholds.livePrimary.afterCutover),
    weight: severeWeight,
    contrast: contrastShares(0),
    // Where the source was asked too few times this acts: each time that it was asked by a group counts.
    count: (counters) => liveFailuresOf(counters),
  };
}

function liveFailuresOf(counters: Counters, whole?: Counters): LineCount {
  const samples = { bad: failedSamples(counters), n: triedSamples(counters) };
  return failuresOf(counters, samples, whole && { counters: whole, sampled: triedSamples(whole) });
}

/**
 * What the sidecar refused while all its places were taken is the primary's doing where its own answers have become slow;
 * else it is a client's that sends too much.
 */
function withRefused(count: LineCount, { overloaded, latencyBuckets }: Counters, slowMs: number): LineCount {
  const { bad, n } = slowerThan(latencyBuckets, slowMs);
  if (overloaded <= 0 || bad <= slowShare * n) return count;
  return { ...count, bad: count.bad + overloaded, n: count.n + overloaded };
}

/** Requests above the first edge that isn't below `limitMs`: never more than are really slower. */
function slowerThan(buckets: readonly number[], limitMs: number): Count {
  const edge = latencyEdgesMs.findIndex((upper) => upper >= limitMs);
  const n = buckets.reduce((sum, count) => sum + count, 0);
  const bad = edge === -1 ? 0 : buckets.slice(edge + 1).reduce((sum, count) => sum + count, 0);
  return { bad, n };
}

/** What a measured share may really be; a share without its samples is taken as it is. */
export function boundOf(share: number | undefined, samples: number | undefined): number {
  if (share === undefined) return 0;
  return samples === undefined ? share : measuredBound(share, samples);
}

/** A baseline stays what it is from one reconcile to the next, and so do the limits that come of it. */
const measuredBound = remembering((share, samples) => upperBound(share * samples, samples, baselineAlpha));
const ladderOf = remembering((limit) => {
  const alternatives = alternativesOf(limit);
  return { alternatives, ratios: makeLogRatios(limit, alternatives) };
});

export function meanRule(line: HarmLineName, limit: number, action: HarmAction): Omit<LineRule, "ratios" | "logBelow"> {
  return {
    line,
    isMean: true,
    limit,
    action,
    weight: 0,
    contrast: noContrast,
    // Stakes name no share: it is what was seen, and twice the limit at least, below which nothing could be refuted.
    alarmingShare: (_logs, { bad, n }) => Math.max(2 * limit, limit + alarmingPart * (bad / Math.max(1, n) - limit)),
  };
}

export function shareRule(line: HarmLineName, limit: number, action: HarmAction): LineRule {
  const most = Math.min(1, limit);
  const { alternatives, ratios } = ladderOf(most, 0);
  return {
    line,
    limit: most,
    action,
    weight: 0,
    contrast: noContrast,
    ratios,
    alarmingShare: (logs) => most + alarmingPart * (likeliest(logs, alternatives) - most),
    logBelow: ({ bad, n }, share) => logEvidenceBelow(bad, n, share),
  };
}
