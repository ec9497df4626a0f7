// Whether the scores of an answer can be of a metric. Since the collection was described an alias may have been pointed at
// another one, of which no answer says that it is. Pure.
import type { Metric } from "#similarity.ts";

/** Cosines of rounded vectors lie a little beyond 1. */
const mostCosine = 1.01;

/** `scores` as they came: the best first. False: surely not; what a few scores can't tell is taken for the metric. */
export function isOfMetric(metric: Metric, scores: readonly number[]): boolean {
  const best = scores[0] ?? 0;
  const worst = scores.at(-1) ?? 0;
  if (metric === "distance") return best >= 0 && best <= worst;
  return best >= worst && (metric === "inner-product" || (best <= mostCosine && worst >= -mostCosine));
}
