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

/** A request that the primary failed and the shadow was asked as well. */
export function countFailedRequest(isShadowAnswer: boolean): Increment {
  return { failedChecked: 1, failedWorse: isShadowAnswer ? 1 : 0 };
}

/** A sample that both stores answered, the shadow in `shadowMs`; only the destination can be the worse one. */
export function countComparison(comparison: Comparison, thresholds: Thresholds, shadowMs: number): Increment {
  const loss = lossOf(comparison, thresholds);
  return {
    answered: 1,
    scoreWorse: loss > thresholds.scoreDelta ? 1 : 0,
    latencyWorse: comparison.latencyLossMs >= thresholds.latencyDeltaMs ? 1 : 0,
    latencyBetter: comparison.latencyLossMs <= -thresholds.latencyDeltaMs ? 1 : 0,
    emptyWorse: comparison.empty === "destination" ? 1 : 0,
    mismatch: comparison.mismatch ? 1 : 0,
    ties: comparison.tie ? 1 : 0,
    lagging: comparison.newer > 0 ? 1 : 0,
    overlapSum: comparison.overlap,
    scoreWorseSum: Math.max(0, loss),
    scoreBetterSum: Math.max(0, -loss),
    shadowMs,
    ...countContent(comparison.content),
  };
}

/** A sample counts once, however many chunks it has: those of one answer share their fate. */
function countContent(content: Comparison["content"]): Increment {
  if (content === null) return {};
  const { chunks, missing, different } = content;
  return { contentSamples: 1, contentMissingSum: missing / chunks, contentDifferentSum: different / chunks };
}

/** What the destination loses of the similarity, beyond what is normal here. Two empty answers have no similarity to lose. */
function lossOf({ scoreLoss, empty }: Comparison, { scoreOffset = 0 }: Thresholds): number {
  return empty === "both" ? 0 : scoreLoss - scoreOffset;
}
