// The laws on which the stated error rate rests.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  advance,
  alternativeCount,
  alternativesOf,
  type Count,
  likeliest,
  logDifferenceAbove,
  logDifferenceBelow,
  logEvidence,
  makeLogRatios,
  remembering,
} from "./detector.ts";

const limits = fc.double({ min: 0, max: 0.95, noNaN: true });
const samples = fc.integer({ min: 1, max: 400 });

function logRatios(count: Count, limit: number, alternatives: readonly number[]): readonly number[] {
  return makeLogRatios(limit, alternatives)(count);
}

/** Expected ratio of every alternative for n samples at a share, summed over all outcomes. */
function expectedRatios(n: number, share: number, limit: number): number[] {
  const alternatives = alternativesOf(limit);
  const sums = alternatives.map(() => 0);
  let logChance = n * Math.log1p(-share);
  for (let bad = 0; bad <= n; bad += 1) {
    for (const [k, ratio] of logRatios({ bad, n }, limit, alternatives).entries()) {
      sums[k] = (sums[k] ?? 0) + Math.exp(logChance + ratio);
    }
    logChance += Math.log(((n - bad) / (bad + 1)) * (share / (1 - share)));
  }
  return sums;
}

describe("the evidence of a difference", () => {
  const limit = 0.05;
  /** Expected wealth of one sample, of which the one is worse with a chance and the other with another. */
  const expectedWealth = (worse: number, better: number) =>
    [1, -1, 0].reduce((sums, bad) => {
      const chance = bad === 1 ? worse : bad === -1 ? better : 1 - worse - better;
      const wealth = logDifferenceAbove({ bad, n: 1, squares: Math.abs(bad) }, limit);
      return wealth.map((log, k) => (sums[k] ?? 0) + chance * Math.exp(log));
    }, [] as number[]);

  it("is at most 1 on average while one store is the worse one no more often than the limit, however often both are", () => {
    const shares = fc.double({ min: 0, max: 0.47, noNaN: true });
    fc.assert(
      fc.property(shares, (better) => {
        for (const wealth of expectedWealth(better + limit, better)) expect(wealth).toBeCloseTo(1, 9);
        for (const wealth of expectedWealth(better, better)) expect(wealth).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it("stands after some forty samples in which the one is always worse, and refutes a share that isn't there any more", () => {
    const always = (n: number) => logEvidence(logDifferenceAbove({ bad: n, n, squares: n }, limit));
    expect(always(20)).toBeLessThan(20);
    expect(always(40)).toBeGreaterThan(20);
    const below = logEvidence(logDifferenceBelow({ bad: 2, n: 40, squares: 12 }, 0.5));
    expect(below).toBeGreaterThan(Math.log(1000));
    expect(logEvidence(logDifferenceBelow({ bad: 20, n: 40, squares: 20 }, 0.5))).toBeLessThan(Math.log(20));
  });

  it("of whatever it is told is a number", () => {
    const any = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const told = fc.record({ bad: any, n: fc.double({ min: 0, max: 1e9, noNaN: true }), squares: any });
    fc.assert(
      fc.property(told, fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
        for (const log of [...logDifferenceAbove(count, share), ...logDifferenceBelow(count, share)]) {
          expect(Number.isFinite(log)).toBe(true);
        }
      }),
    );
  });
});

describe("alternatives", () => {
  it("lie above the limit, rise, and end short of everything", () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const all = alternativesOf(limit);
        expect(all).toHaveLength(alternativeCount);
        expect(all.every((share, k) => share > (all[k - 1] ?? limit) && share < 1)).toBe(true);
      }),
    );
  });
});

describe("the ratio of a batch", () => {
  it("is 1 on average at the limit and at most 1 below it: a healthy destination gathers no evidence", () => {
    const sizes = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(0.001, 0.05, 0.2, 0.6),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (n, limit, part) => {
          for (const mean of expectedRatios(n, limit, limit)) expect(mean).toBeCloseTo(1, 6);
          for (const mean of expectedRatios(n, limit * part, limit)) expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it("of two batches is the sum of theirs, whatever is a fraction", () => {
    fc.assert(
      fc.property(limits, samples, samples, fc.double({ min: 0, max: 1, noNaN: true }), (limit, n, m, share) => {
        const alternatives = alternativesOf(limit);
        const of = (count: number) => logRatios({ bad: share * count, n: count }, limit, alternatives);
        const both = of(n + m);
        for (const [k, ratio] of of(n).entries()) expect(ratio + (of(m)[k] ?? 0)).toBeCloseTo(both[k] ?? 0, 6);
      }),
    );
  });

  it("says nothing about a limit of 1, and treats one of 0 as 1 in 10,000", () => {
    expect(logRatios({ bad: 5, n: 5 }, 1, alternativesOf(1)).every((ratio) => ratio === 0)).toBe(true);
    expect(alternativesOf(0)).toEqual(alternativesOf(1e-4));
  });

  it("takes a count that can't be for the nearest one that can", () => {
    const alternatives = alternativesOf(0.05);
    expect(logRatios({ bad: 9, n: 5 }, 0.05, alternatives)).toEqual(logRatios({ bad: 5, n: 5 }, 0.05, alternatives));
    expect(logRatios({ bad: -1, n: -5 }, 0.05, alternatives).every((ratio) => Math.abs(ratio) === 0)).toBe(true);
  });
});

describe("the sums", () => {
  const alternatives = alternativesOf(0.05);
  const fold = (batches: readonly (readonly [number, number])[]) =>
    batches.reduce<readonly number[]>((logs, [bad, n]) => advance(logs, logRatios({ bad, n }, 0.05, alternatives)), []);

  it("grow by one candidate a batch where nothing speaks for or against: after N batches the mean is N", () => {
    const flat = alternatives.map(() => 0);
    let logs: readonly number[] = [];
    for (let batch = 1; batch <= 100; batch += 1) {
      logs = advance(logs, flat);
      expect(Math.exp(logEvidence(logs))).toBeCloseTo(batch, 1);
    }
  });

  it("forget a healthy past: harm after a long good time takes no longer than at once", () => {
    const past = Array.from({ length: 1000 }, () => [1, 100] as const);
    const harm = Array.from({ length: 5 }, () => [5, 5] as const);
    expect(logEvidence(fold([...past, ...harm]))).toBeGreaterThan(logEvidence(fold(harm)) - 0.01);
  });

  it("are nothing before the first batch, and bounded after any number", () => {
    expect(logEvidence([])).toBe(Number.NEGATIVE_INFINITY);
    expect(logEvidence(fold([[1e9, 1e9]]))).toBeLessThan(10_000);
  });

  it("speak for the share that was seen", () => {
    expect(likeliest([], alternatives)).toBe(alternatives[0]);
    expect(likeliest(fold([[98, 100]]), alternatives)).toBeCloseTo(alternatives.at(-1) ?? 0, 2);
    expect(likeliest(fold([[300, 1000]]), alternatives)).toBeCloseTo(0.31, 1);
  });
});

it("is reckoned once for the same two numbers, and anew for others", () => {
  const asked: string[] = [];
  const sum = remembering((a, b) => {
    asked.push(`${a}+${b}`);
    return a + b;
  });
  expect([sum(1, 2), sum(1, 2), sum(2, 1), sum(1, 3), sum(1, 2)]).toEqual([3, 3, 3, 4, 3]);
  expect(asked).toEqual(["1+2", "2+1", "1+3"]);
});

it("forgets all once it knows a thousand answers, and reckons the same again", () => {
  let reckoned = 0;
  const half = remembering((a) => {
    reckoned += 1;
    return a / 2;
  });
  for (let a = 0; a < 1001; a += 1) expect(half(a, 0)).toBe(a / 2);
  expect(half(1000, 0)).toBe(500);
  expect(reckoned).toBe(1001);
  expect(half(0, 0)).toBe(0);
  expect(reckoned).toBe(1002);
});
