// The interval is held to what it promises, not to its own formula.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeRandom } from "#support/random.ts";
import { estimateMedian, median, quantile, ratioOfQuantiles, ratios, signTestRank } from "./statistics.ts";

describe("median", () => {
  it("is the middle of an odd number of values and the mean of both middle ones of an even number", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("the sign test's rank", () => {
  it("is the one of the tables: 1 for 6, 4 for 15, 6 for 20, 10 for 30 values", () => {
    expect([6, 15, 20, 30].map(signTestRank)).toEqual([1, 4, 6, 10]);
  });
});

describe("the interval of a median", () => {
  it("holds the true median in at least 95 % of experiments, however skewed the noise is", () => {
    const next = makeRandom(7);
    const experiments = 4000;
    let held = 0;
    for (let index = 0; index < experiments; index += 1) {
      const values = Array.from({ length: 15 }, () => (-Math.log(1 - next())) ** 3);
      const { interval } = estimateMedian(values);
      const truth = (-Math.log(0.5)) ** 3;
      if (interval[0] <= truth && truth <= interval[1]) held += 1;
    }
    expect(held / experiments).toBeGreaterThan(0.95);
  });

  it("surrounds the median and doesn't depend on the order", () => {
    fc.assert(
      fc.property(
        // Both zeros are one number, and which of them stands first is told by the order alone.
        fc.array(
          fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value + 0),
          { minLength: 1, maxLength: 40 },
        ),
        (values) => {
          const estimate = estimateMedian(values);
          expect(estimate.interval[0]).toBeLessThanOrEqual(estimate.median);
          expect(estimate.interval[1]).toBeGreaterThanOrEqual(estimate.median);
          expect(estimateMedian(values.toReversed())).toEqual(estimate);
        },
      ),
    );
  });
});

describe("ratios", () => {
  it("pair the rounds, and refuse sides of different lengths", () => {
    expect(ratios([1, 6], [2, 3])).toEqual([0.5, 2]);
    expect(() => ratios([1], [])).toThrow("1 numerators, 0 denominators");
  });
});

describe("a quantile", () => {
  it("is the nearest rank", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("the ratio of quantiles of all rounds", () => {
  /** Rounds that are slow as a whole, each on both sides; the numerators' values are `factor` times as large. */
  function rounds(factor: number, random: () => number) {
    const pairs = Array.from({ length: 15 }, () => {
      const speed = 1 + random();
      const side = (times: number) => Array.from({ length: 20 }, () => times * speed * (1 + random()));
      return [side(factor), side(1)] as const;
    });
    return [pairs.map(([upper]) => upper), pairs.map(([, lower]) => lower)] as const;
  }

  it.each([1, 1.5])("of rounds of unlike speed holds the true one, %f, in about 19 of 20 trials", (factor) => {
    const random = makeRandom(3);
    const trials = Array.from({ length: 40 }, () => ratioOfQuantiles(...rounds(factor, random), 0.9, random));
    const held = trials.filter(({ interval: [low, high] }) => low <= factor && factor <= high).length;
    expect(held).toBeGreaterThanOrEqual(34);
    expect(
      trials.every(({ n, median: ratio, interval: [low, high] }) => n === 15 && low <= ratio && ratio <= high),
    ).toBe(true);
  });

  it("of unlike many rounds is refused", () => {
    expect(() => ratioOfQuantiles([[1]], [], 0.5, () => 0)).toThrow(RangeError);
  });
});
