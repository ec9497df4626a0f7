import fc from "fast-check";
import { expect, test } from "vitest";
import { makeRecentValues } from "./recent-values.ts";

test("quantiles are the nearest-rank ones of the newest values, negative ones included", () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.95), (all, q) => {
      const recent = makeRecentValues(10, 1000);
      for (const value of all) recent.add(value, 0);
      const newest = all.slice(-10).toSorted((a, b) => a - b);
      expect(recent.quantile(q, 500)).toBe(newest[Math.ceil(q * newest.length) - 1]);
    }),
  );
});

test("old values are forgotten, and of nothing there is no quantile", () => {
  const recent = makeRecentValues(10, 1000);
  expect(recent.quantile(0.5, 0)).toBeNaN();
  recent.add(7, 0);
  recent.add(9, 900);
  expect(recent.quantile(0.5, 1500)).toBe(9);
  expect(recent.quantile(0.5, 3000)).toBeNaN();
});
