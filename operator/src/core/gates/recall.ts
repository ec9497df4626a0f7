// Whether answers that differ are worse: recall of both stores against what is truly nearest, where it is measured. The
// evidence on the mean of differences in -1..1 needs their sums alone: bets whose wealth is bounded from below by
// ln(1 + y) >= y - y² for y >= -0.68. Where differences are small it needs far fewer samples than counting would.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { addCounters, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { leastFellows } from "../pods/fair-share.ts";
import { type PodCount, thirdsOf } from "../pods/thirds.ts";
import { logMeanExp } from "./e-value.ts";
import { triedSamples } from "./gate-counts.ts";
import { passBudget } from "./gate-limits.ts";

/** Sums over samples of a difference d in -1..1. */
type DifferenceSums = {
  readonly n: number;
  /** Of d. */
  readonly sum: number;
  /** Of d². */
  readonly squares: number;
};

/** As many as a detector has alternatives. */
const stakeCount = 8;
/** Stakes; with the largest, and a limit of at most 0.39, stake x (d - limit) stays above -0.68, where the bound holds. */
const stakes: readonly number[] = Array.from({ length: stakeCount }, (_, k) => 0.01 * 49 ** (k / (stakeCount - 1)));

/** ln of the wealth of every stake that the mean is above `limit`, 0..1. */
export function logWealthAbove(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, 1);
}

/** ln of the wealth of every stake that the mean is below `limit`. */
export function logWealthBelow(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, -1);
}

function logWealth(
  { n, sum: told, squares: toldSquares }: DifferenceSums,
  limit: number,
  sign: 1 | -1,
): readonly number[] {
  // Differences are within 1, so that their sums are bounded by their number: what can't be is the nearest that can.
  const sum = Math.min(n, Math.max(-n, told));
  const squares = n <= 0 ? 0 : Math.min(n, Math.max((sum * sum) / n, toldSquares));
  const excess = sign * (sum - n * limit);
  const spread = Math.max(0, squares - 2 * limit * sum + n * limit * limit);
  return stakes.map((stake) => stake * excess - stake * stake * spread);
}

/** proved: the destination is surely not worse. pending: it is being measured. unknown: nothing is said of it. */
export type RecallVerdict = "proved" | "pending" | "unknown";

/** So many samples decide; until then a line that measures disagreement waits, unless nothing is measured at all. */
const decidingSamples = 600;
const measuringSamples = 5;
/** While so few samples were compared, recall has had no chance to be measured. */
const firstSamples = 100;

/** What recall is judged by: totals of the epoch, null where they can't be trusted, and the newest quarter of an hour. */
type RecallInput = {
  readonly totals: Counters | null;
  readonly recent: Counters | null;
  readonly lost?: number;
  /** The same by pods that answer; left out: nobody tells them apart. */
  readonly pods?: readonly PodCount[];
  readonly recentPods?: readonly PodCount[];
};

/**
 * Non-inferiority: the lower bound of destination less source is above -maxLoss, however often it is asked (5 %). The proof
 * of an epoch holds while recall goes on being measured and isn't lower just now. No third of the pods proves it, nor takes
 * the proof away.
 */
export function judgeRecall({ recall }: MigrationSpec, input: RecallInput): RecallVerdict {
  const { totals, pods = [], recentPods = [] } = input;
  if (recall.mode === "Off" || totals === null) return "unknown";
  const middle = middleOf(pods);
  const recent = middleOf(recentPods) ?? input.recent;
  const isNow = isStillSo(recall.maxLoss, recent);
  if (isNow && isSurelyWithin(recall.maxLoss, { ...input, totals, middle })) return "proved";
  const { recallSamples: n } = totals;
  const isMeasured = n >= measuringSamples || totals.answered < firstSamples;
  return isMeasured && n < decidingSamples ? "pending" : "unknown";
}

type Proving = {
  readonly totals: Counters;
  readonly lost?: number;
  readonly middle: Counters | undefined;
};

/** By all pods while those in the middle aren't over it, or by those alone. */
function isSurelyWithin(maxLoss: number, { totals, lost = 0, middle }: Proving): boolean {
  // Of the lost samples as many were searched exactly as of the others, and the destination missed everything in them.
  const worst = totals.recallSamples > 0 ? (lost * totals.recallSamples) / sampledOf(totals) : 0;
  const isAll = isProved(totals, worst, maxLoss);
  if (middle === undefined) return isAll;
  return (isAll && isWithin(maxLoss, middle)) || isProved(middle, worst, maxLoss);
}

function sampledOf(totals: Counters): number {
  return Math.max(totals.recallSamples, triedSamples(totals));
}

function isProved(counters: Counters, lost: number, maxLoss: number): boolean {
  const { recallSamples: n, recallSquaresSum: squares } = counters;
  const wealth = logWealthBelow({ n: n + lost, sum: lossOf(counters) + lost, squares: squares + lost }, maxLoss);
  return n > 0 && logMeanExp(wealth) >= -Math.log(passBudget);
}

function isWithin(maxLoss: number, counters: Counters): boolean {
  return lossOf(counters) <= maxLoss * counters.recallSamples;
}

/** The pods between the thirds that lose the most and the least; undefined where fewer than three tell. */
function middleOf(pods: readonly PodCount[]): Counters | undefined {
  const parts = pods
    .filter(({ counters }) => counters.recallSamples >= measuringSamples)
    .map(({ counters }) => ({ counters, bad: lossOf(counters), n: counters.recallSamples }));
  if (parts.length < leastFellows) return undefined;
  return thirdsOf(parts).middle.reduce((sum, { counters }) => addCounters(sum, counters), noCounters());
}

function isStillSo(maxLoss: number, recent: Counters | null): boolean {
  return recent !== null && recent.recallSamples >= measuringSamples && isWithin(maxLoss, recent);
}

function lossOf({ recallLossSum, recallGainSum }: Counters): number {
  return recallLossSum - recallGainSum;
}
