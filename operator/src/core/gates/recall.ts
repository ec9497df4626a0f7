// Whether answers that differ are worse: recall of both stores against what is truly nearest, where it is measured. The
// evidence on the mean of differences in -1..1 needs their sums alone: bets whose wealth is bounded from below by
// ln(1 + y) >= y - y² for |y| <= 1/2. Where differences are small it needs far fewer samples than counting would.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { logMeanExp } from "./e-value.ts";
import { passBudget } from "./error-budget.ts";

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
/** Stakes; the largest keeps |stake x (d - mean)| within 1/2. */
const stakes: readonly number[] = Array.from({ length: stakeCount }, (_, k) => 0.01 * 49 ** (k / (stakeCount - 1)));

/** ln of the wealth of every stake that the mean is above `limit`, 0..1. */
export function logWealthAbove(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, 1);
}

/** ln of the wealth of every stake that the mean is below `limit`. */
export function logWealthBelow(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, -1);
}

function logWealth({ n, sum, squares }: DifferenceSums, limit: number, sign: 1 | -1): readonly number[] {
  const excess = sign * (sum - n * limit);
  const spread = Math.max(0, squares - 2 * limit * sum + n * limit * limit);
  return stakes.map((stake) => stake * excess - stake * stake * spread);
}

/** proved: the destination is surely not worse. pending: it is being measured. unknown: nothing is said of it. */
type RecallVerdict = "proved" | "pending" | "unknown";

/** So many samples decide; until then a line that measures disagreement waits, unless nothing is measured at all. */
const decidingSamples = 400;
const measuringSamples = 5;
/** While so few samples were compared, recall has had no chance to be measured. */
const firstSamples = 100;

/** Non-inferiority: the lower bound of destination less source is above -maxLoss, at every look together (5 %). */
export function judgeRecall({ recall }: MigrationSpec, totals: Counters | null): RecallVerdict {
  if (recall.mode === "Off" || totals === null) return "unknown";
  const { recallSamples: n, recallLossSum, recallGainSum, recallSquaresSum: squares, answered } = totals;
  const wealth = logWealthBelow({ n, sum: recallLossSum - recallGainSum, squares }, recall.maxLoss);
  if (n > 0 && logMeanExp(wealth) >= -Math.log(passBudget)) return "proved";
  const isMeasured = n >= measuringSamples || answered < firstSamples;
  return isMeasured && n < decidingSamples ? "pending" : "unknown";
}
