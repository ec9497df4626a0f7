// Whether answers that differ are worse: recall of both stores against what is truly nearest, where it is measured. The
// evidence on the mean of differences in -1..1 needs their sums alone: bets whose wealth is bounded from below by
// ln(1 + y) >= y - y² for y >= -0.68. Where differences are small it needs far fewer samples than counting would.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { logMeanExp } from "./e-value.ts";
import { passBudget } from "./error-budget.ts";
import { triedSamples } from "./gate-counts.ts";

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

/**
 * Non-inferiority: the lower bound of destination less source is above -maxLoss, however often it is asked (5 %). The proof
 * of an epoch holds while recall goes on being measured and isn't lower just now: `recent` is the newest quarter of an hour.
 */
export function judgeRecall(
  { recall }: MigrationSpec,
  totals: Counters | null,
  recent: Counters | null,
  lost = 0,
): RecallVerdict {
  if (recall.mode === "Off" || totals === null) return "unknown";
  const { recallSamples: n, recallSquaresSum: squares, answered } = totals;
  // Of the lost samples as many were searched exactly as of the others, and the destination missed everything in them.
  const worst = n > 0 ? (lost * n) / Math.max(n, triedSamples(totals)) : 0;
  const sums = { n: n + worst, sum: lossOf(totals) + worst, squares: squares + worst };
  const wealth = logWealthBelow(sums, recall.maxLoss);
  const isProved = n > 0 && logMeanExp(wealth) >= -Math.log(passBudget);
  if (isProved && isStillSo(recall.maxLoss, recent)) return "proved";
  const isMeasured = n >= measuringSamples || answered < firstSamples;
  return isMeasured && n < decidingSamples ? "pending" : "unknown";
}

function isStillSo(maxLoss: number, recent: Counters | null): boolean {
  if (recent === null || recent.recallSamples < measuringSamples) return false;
  return lossOf(recent) <= maxLoss * recent.recallSamples;
}

function lossOf({ recallLossSum, recallGainSum }: Counters): number {
  return recallLossSum - recallGainSum;
}
