import { expect, test } from "vitest";
import { isOfMetric } from "./is-of-metric.ts";

test.each([
  { metric: "cosine-similarity", scores: [1.000001, 0.5, -1], is: true },
  { metric: "cosine-similarity", scores: [0.2, 0.3], is: false },
  { metric: "cosine-similarity", scores: [17, 3], is: false },
  { metric: "cosine-similarity", scores: [0.5, -3], is: false },
  { metric: "inner-product", scores: [17, 3, -40], is: true },
  { metric: "inner-product", scores: [3, 17], is: false },
  { metric: "distance", scores: [0, 0.2, 17], is: true },
  { metric: "distance", scores: [0.9, 0.2], is: false },
  { metric: "distance", scores: [-0.1], is: false },
  { metric: "distance", scores: [0.5, 0.5], is: true },
  { metric: "distance", scores: [], is: true },
  { metric: "cosine-similarity", scores: [], is: true },
] as const)("scores $scores can be of $metric: $is", ({ metric, scores, is }) => {
  expect(isOfMetric(metric, scores)).toBe(is);
});
