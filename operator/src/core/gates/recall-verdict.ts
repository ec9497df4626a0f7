// Whether answers that differ are worse: recall of both stores against what is truly nearest, where it is measured.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { logMeanExp } from "./e-value.ts";
import { passBudget } from "./error-budget.ts";
import { logWealthBelow } from "./mean-loss.ts";

/** proved: the destination is surely not worse. pending: it is being measured. unknown: nothing is said of it. */
export type RecallVerdict = "proved" | "pending" | "unknown";

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
