// What one request or one sample adds to the evidence.
import type { Comparison } from "./compare.ts";
import type { Increment } from "./counter-row.ts";
import type { Thresholds } from "./variance.ts";

/** An answer of the primary. */
export function countAnswer(vectorMs: number, candidates: number): Increment {
  return { requests: 1, empty: candidates === 0 ? 1 : 0, latencyMs: vectorMs };
}

/** A request that the primary failed. */
export const primaryFailure: Increment = { requests: 1, errors: 1 };

/** A sample that both stores answered; only the destination can be the worse one. */
export function countComparison(comparison: Comparison, thresholds: Thresholds): Increment {
  return {
    answered: 1,
    scoreWorse: comparison.scoreLoss > thresholds.scoreDelta ? 1 : 0,
    latencyWorse: comparison.latencyLossMs >= thresholds.latencyDeltaMs ? 1 : 0,
    mismatch: comparison.mismatch ? 1 : 0,
    ties: comparison.tie ? 1 : 0,
    lagging: comparison.newer > 0 ? 1 : 0,
    overlapSum: comparison.overlap,
    scoreWorseSum: Math.max(0, comparison.scoreLoss),
  };
}
