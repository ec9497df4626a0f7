import { makeRandom } from "@retriever/kubectl/toy/draws.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addWindow, dispersionOf, noWindows, type WindowSums } from "./dispersion.ts";

type Window = { readonly bad: number; readonly n: number };

const windows = fc.array(
  fc.tuple(fc.nat(200), fc.nat(200)).map(([bad, good]): Window => ({ bad, n: bad + good })),
  { minLength: 6, maxLength: 40 },
);
const sumsOf = (all: readonly Window[]) =>
  all.reduce<WindowSums>((sums, { bad, n }) => addWindow(sums, bad, n), noWindows);

test("five windows tell nothing, six do", () => {
  const window = { bad: 1, n: 30 };
  expect(dispersionOf(sumsOf(Array.from({ length: 5 }, () => window)))).toBeNull();
  expect(dispersionOf(sumsOf(Array.from({ length: 6 }, () => window)))).toBe(1);
});

test("a window without a sample is no window", () => {
  expect(addWindow(noWindows, 0, 0)).toBe(noWindows);
});

test("the sums give Pearson's chi-square of the windows they came from", () => {
  fc.assert(
    fc.property(windows, (all) => {
      const seen = all.filter(({ n }) => n > 0);
      const n = seen.reduce((sum, window) => sum + window.n, 0);
      const share = seen.reduce((sum, window) => sum + window.bad, 0) / n;
      fc.pre(seen.length >= 6 && share > 0 && share < 1);
      const terms = seen.map((window) => (window.bad - window.n * share) ** 2 / (window.n * share * (1 - share)));
      const chiSquare = terms.reduce((sum, term) => sum + term, 0);
      expect(dispersionOf(sumsOf(all))).toBeCloseTo(Math.max(1, chiSquare / (seen.length - 1)), 6);
    }),
  );
});

test("the order of the windows doesn't matter", () => {
  fc.assert(
    fc.property(windows, (all) => {
      expect(dispersionOf(sumsOf(all.toReversed())) ?? 0).toBeCloseTo(dispersionOf(sumsOf(all)) ?? 0, 9);
    }),
  );
});

test("independent samples are hardly deflated, whole bad windows by about their size", () => {
  const chance = makeRandom(7).next;
  const independent = Array.from({ length: 120 }, () => ({ bad: binomial(30, 0.05, chance), n: 30 }));
  expect(dispersionOf(sumsOf(independent))).toBeLessThan(1.4);
  const inBursts = Array.from({ length: 120 }, (_, index) => ({ bad: index % 20 === 0 ? 30 : 0, n: 30 }));
  expect(dispersionOf(sumsOf(inBursts))).toBeGreaterThan(25);
});

test("samples that are all good, or all bad, have nothing to disperse", () => {
  expect(dispersionOf(sumsOf(Array.from({ length: 9 }, () => ({ bad: 0, n: 30 }))))).toBe(1);
  expect(dispersionOf(sumsOf(Array.from({ length: 9 }, () => ({ bad: 30, n: 30 }))))).toBe(1);
});

function binomial(n: number, share: number, chance: () => number): number {
  return Array.from({ length: n }, chance).filter((value) => value < share).length;
}

test("sums that name windows and no sample tell nothing", () => {
  expect(dispersionOf({ windows: 6, bad: 0, n: 0, squares: 0 })).toBeNull();
});
