import fc from "fast-check";
import { expect, test } from "vitest";
import { seededChance } from "#test/seeded-chance.ts";
import { confidenceSequence, lowerBound, upperBound } from "./confidence-sequence.ts";
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";

const counts = fc
  .tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }))
  .filter(([bad, good]) => bad + good > 0)
  .map(([bad, good]) => ({ bad, n: bad + good }));

test("the interval holds the share that was seen, within 0 and 1", () => {
  fc.assert(
    fc.property(counts, ({ bad, n }) => {
      const [lower, upper] = confidenceSequence(bad, n, 0.05) ?? [Number.NaN, Number.NaN];
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(lower).toBeLessThanOrEqual(bad / n);
      expect(upper).toBeGreaterThanOrEqual(bad / n);
      expect(upper).toBeLessThanOrEqual(1);
    }),
  );
});

test("the e-value refutes the limits outside of the interval and no others", () => {
  const needed = -Math.log(0.025);
  const limits = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(counts, limits, ({ bad, n }, limit) => {
      const [lower, upper] = confidenceSequence(bad, n, 0.05) ?? [0, 1];
      fc.pre(Math.abs(limit - lower) > 1e-8 && Math.abs(limit - upper) > 1e-8);
      expect(logEvidenceAbove(bad, n, limit) >= needed).toBe(limit < lower);
      expect(logEvidenceBelow(bad, n, limit) >= needed).toBe(limit > upper);
    }),
  );
});

test("without a sample there is no interval, and every share is possible", () => {
  expect(confidenceSequence(0, 0, 0.05)).toBeNull();
  expect([lowerBound(0, 0, 0.05), upperBound(0, 0, 0.05)]).toEqual([0, 1]);
});

test("only good samples bound from above, only bad ones from below", () => {
  expect(confidenceSequence(0, 1000, 0.05)).toEqual([0, expect.closeTo(0.006, 2)]);
  expect(confidenceSequence(1000, 1000, 0.05)).toEqual([expect.closeTo(0.99, 1), 1]);
});

test("more samples of the same share narrow the interval", () => {
  const widths = [100, 1000, 10_000, 100_000].map((n) => {
    const [lower, upper] = confidenceSequence(0.12 * n, n, 0.05) ?? [0, 1];
    return upper - lower;
  });
  expect(widths).toEqual(widths.toSorted((a, b) => b - a));
  expect(widths.at(-1)).toBeLessThan(0.02);
});

test("the true share lies inside at each of 40 points in all but alpha of the runs", () => {
  const [runs, alpha, share] = [300, 0.1, 0.12];
  let missed = 0;
  for (let run = 0; run < runs; run += 1) {
    const chance = seededChance(1000 + run);
    let bad = 0;
    let isInside = true;
    for (let n = 1; n <= 1000; n += 1) {
      if (chance() < share) bad += 1;
      if (n % 25 !== 0) continue;
      const [lower, upper] = confidenceSequence(bad, n, alpha) ?? [0, 1];
      isInside &&= lower <= share && share <= upper;
    }
    if (!isInside) missed += 1;
  }
  expect(missed / runs).toBeLessThanOrEqual(alpha);
});

test("both bounds share alpha equally, and are exact to thirty halvings", () => {
  const [lower, upper] = confidenceSequence(30, 1000, 0.05) ?? [0, 0];
  expect([lower, upper]).toEqual([lowerBound(30, 1000, 0.025), upperBound(30, 1000, 0.025)]);
  for (const bound of [lower, upper]) expect(Number.isInteger(bound * 2 ** 30)).toBe(true);
});
