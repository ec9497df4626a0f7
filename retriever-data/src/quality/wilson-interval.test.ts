import fc from "fast-check";
import { expect, test } from "vitest";
import { wilsonInterval } from "./wilson-interval.ts";

test.each([
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("%i of %i lies within %f and %f", (hits, n, low, high) => {
  const interval = wilsonInterval(hits / n, n);
  expect(interval?.[0]).toBeCloseTo(low, 4);
  expect(interval?.[1]).toBeCloseTo(high, 4);
});

test("nothing has no interval", () => {
  expect(wilsonInterval(0, 0)).toBeNull();
});

test("an interval holds its mean, stays within 0 and 1, and narrows with more values", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 10_000 }), (mean, n) => {
      const [low, high] = wilsonInterval(mean, n) ?? [2, -1];
      const [closerLow, closerHigh] = wilsonInterval(mean, n * 4) ?? [2, -1];
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(mean + 1e-12);
      expect(high).toBeGreaterThanOrEqual(mean - 1e-12);
      expect(closerHigh - closerLow).toBeLessThan(high - low + 1e-12);
    }),
  );
});
