// From what a store measures to the similarity the application sees: strictly monotone, so the order never changes.
import type { Normalization } from "#config/normalization.ts";

export type Metric = "cosine-similarity" | "cosine-distance" | "distance" | "inner-product";

/** Similarity within `targetRange`, higher is nearer. `value` is the store's own number for `metric`; must be finite. */
export function similarityOf(metric: Metric, value: number, { strategy, targetRange }: Normalization): number {
  const [min, max] = targetRange;
  return min + (max - min) * unitSimilarity(metric, value, strategy);
}

/**
 * Similarity in 0..1.
 * Cosine: 1 - d/2, whether a store prints similarity or distance, so that scores of both stores compare.
 * Distances: 1/(1+d). Inner products have no bound, hence a map without one: half of 1 + x/(1+|x|).
 * Strategy "pgvector-l2" puts cosine through the distance map too; other metrics have one map whatever the strategy.
 */
function unitSimilarity(metric: Metric, value: number, strategy: Normalization["strategy"]): number {
  if (metric === "distance") return 1 / (1 + Math.max(0, value));
  if (metric === "inner-product") return (1 + value / (1 + Math.abs(value))) / 2;
  const distance = clamp(metric === "cosine-distance" ? value : 1 - value);
  return strategy === "pgvector-l2" ? 1 / (1 + distance) : 1 - distance / 2;
}

function clamp(cosineDistance: number): number {
  return Math.min(2, Math.max(0, cosineDistance));
}
