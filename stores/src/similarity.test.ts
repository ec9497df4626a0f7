import fc from "fast-check";
import { expect, test } from "vitest";
import type { Normalization } from "#config/normalization.ts";
import { type Metric, similarityOf } from "./similarity.ts";

const strategies = fc.constantFrom<Normalization["strategy"]>("auto", "cosine", "pgvector-l2");
const ranges = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 100 }))
  .filter(([min, max]) => min < max)
  .map(([min, max]): [number, number] => [min / 100, max / 100]);
const normalizations = fc.record({ strategy: strategies, targetRange: ranges });

type Law = {
  readonly metric: Metric;
  readonly min: number;
  readonly max: number;
  readonly nearerIs: "lower" | "higher";
};
const laws: readonly Law[] = [
  { metric: "cosine-similarity", min: -1, max: 1, nearerIs: "higher" },
  { metric: "cosine-distance", min: 0, max: 2, nearerIs: "lower" },
  { metric: "distance", min: 0, max: 1000, nearerIs: "lower" },
  { metric: "inner-product", min: -1000, max: 1000, nearerIs: "higher" },
];

for (const { metric, min, max, nearerIs } of laws) {
  test(`${metric}: what is nearer by more than float noise stays strictly nearer, within the target range`, () => {
    const values = fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(values, values, normalizations, (a, b, normalization) => {
        const [low, high] = [similarityOf(metric, a, normalization), similarityOf(metric, b, normalization)];
        const [from, to] = normalization.targetRange;
        expect(low).toBeGreaterThanOrEqual(from - 1e-12);
        expect(low).toBeLessThanOrEqual(to + 1e-12);
        const isOrdered = Math.sign(low - high) === Math.sign(a - b) * (nearerIs === "higher" ? 1 : -1);
        expect(isOrdered || Math.abs(a - b) <= 1e-6).toBe(true);
      }),
    );
  });
}

test("cosine from a store that prints distance equals cosine from a store that prints similarity", () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 1, noNaN: true }), normalizations, (cosine, normalization) => {
      const fromSimilarity = similarityOf("cosine-similarity", cosine, normalization);
      expect(similarityOf("cosine-distance", 1 - cosine, normalization)).toBeCloseTo(fromSimilarity, 12);
    }),
  );
});

test("a similarity of 1.0000001, as float32 stores print it, stays within the range", () => {
  expect(similarityOf("cosine-similarity", 1.000_000_1, { strategy: "auto", targetRange: [0, 1] })).toBe(1);
});
