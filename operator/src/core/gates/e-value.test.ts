import fc from "fast-check";
import { expect, test } from "vitest";
import { seededChance } from "#test/seeded-chance.ts";
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";

const limits = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const counts = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }))
  .map(([bad, good]) => ({ bad, n: bad + good }));

test("no sample is no evidence, on either side of any limit", () => {
  for (const limit of [0, 0.05, 0.5, 1]) {
    expect(logEvidenceAbove(0, 0, limit)).toBe(0);
    expect(logEvidenceBelow(0, 0, limit)).toBe(0);
  }
});

test("one more bad sample instead of a good one raises the evidence above and lowers the evidence below", () => {
  fc.assert(
    fc.property(counts, limits, ({ bad, n }, limit) => {
      expect(logEvidenceAbove(bad + 1, n + 1, limit)).toBeGreaterThanOrEqual(logEvidenceAbove(bad, n + 1, limit));
      expect(logEvidenceBelow(bad + 1, n + 1, limit)).toBeLessThanOrEqual(logEvidenceBelow(bad, n + 1, limit));
    }),
  );
});

test("a higher limit never raises the evidence above it, nor lowers the evidence below it", () => {
  fc.assert(
    fc.property(counts, limits, limits, ({ bad, n }, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const slack = 1e-9 * (1 + n);
      expect(logEvidenceAbove(bad, n, high)).toBeLessThanOrEqual(logEvidenceAbove(bad, n, low) + slack);
      expect(logEvidenceBelow(bad, n, low)).toBeLessThanOrEqual(logEvidenceBelow(bad, n, high) + slack);
    }),
  );
});

test("a fraction of a bad sample weighs between none and a whole one", () => {
  fc.assert(
    fc.property(counts, limits, fc.double({ min: 0, max: 1, noNaN: true }), ({ bad, n }, limit, part) => {
      const [none, some, whole] = [bad, bad + part, bad + 1].map((x) => logEvidenceAbove(x, n + 1, limit));
      expect(some).toBeGreaterThanOrEqual((none ?? 0) - 1e-9);
      expect(some).toBeLessThanOrEqual((whole ?? 0) + 1e-9);
    }),
  );
});

test("fractional values are no more evidence on average than the coin with the same mean", () => {
  fc.assert(
    fc.property(limits, fc.double({ min: 0, max: 1, noNaN: true }), (limit, value) => {
      for (const evidence of [logEvidenceAbove, logEvidenceBelow]) {
        const coin = value * Math.exp(evidence(1, 1, limit)) + (1 - value) * Math.exp(evidence(0, 1, limit));
        expect(Math.exp(evidence(value, 1, limit))).toBeLessThanOrEqual(coin * (1 + 1e-12));
      }
    }),
  );
});

test("a rate exactly at the limit has an expected e-value of 1 after any one sample", () => {
  fc.assert(
    fc.property(limits, (limit) => {
      for (const evidence of [logEvidenceAbove, logEvidenceBelow]) {
        const mean = limit * Math.exp(evidence(1, 1, limit)) + (1 - limit) * Math.exp(evidence(0, 1, limit));
        expect(mean).toBeCloseTo(1, 9);
      }
    }),
  );
});

test("a limit of 0 is refuted by anything bad, a limit of 1 undercut by anything good", () => {
  expect(logEvidenceAbove(1, 1000, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(logEvidenceAbove(0, 1000, 0)).toBe(0);
  expect(logEvidenceBelow(0, 1000, 0)).toBe(0);
  expect(logEvidenceBelow(999, 1000, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(logEvidenceAbove(1000, 1000, 1)).toBe(0);
});

test("millions of samples stay within the range of numbers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), limits, (bad, limit) => {
      expect(Number.isFinite(logEvidenceAbove(bad, 1_000_000_000, limit))).toBe(true);
      expect(Number.isFinite(logEvidenceBelow(bad, 1_000_000_000, limit))).toBe(true);
    }),
  );
});

test("counts that can't be are worth the nearest ones that can", () => {
  expect(logEvidenceAbove(7, 5, 0.05)).toBe(logEvidenceAbove(5, 5, 0.05));
  expect(logEvidenceBelow(-3, 5, 0.05)).toBe(logEvidenceBelow(0, 5, 0.05));
});

/** Share of 400 runs in which the evidence ever reached 1/alpha, looking after every sample, at a rate of the limit. */
function crossings(alpha: number, evidence: typeof logEvidenceAbove, value: (chance: () => number) => number): number {
  const runs = 400;
  let crossed = 0;
  for (let run = 0; run < runs; run += 1) {
    const chance = seededChance(run);
    let bad = 0;
    for (let n = 1; n <= 500; n += 1) {
      bad += value(chance);
      if (evidence(bad, n, 0.2) < -Math.log(alpha)) continue;
      crossed += 1;
      break;
    }
  }
  return crossed / runs;
}

const atTheLimit = [
  { title: "shares", value: (chance: () => number) => (chance() < 0.2 ? 1 : 0) },
  { title: "means of values between 0 and 1", value: (chance: () => number) => 0.4 * chance() },
];

test.each(atTheLimit)(
  "at the limit and judged after each sample, $title cross 1/alpha at most alpha of the time",
  ({ value }) => {
    for (const alpha of [0.2, 0.05]) {
      // Three standard errors of 400 runs above the bound.
      const most = alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / 400);
      expect(crossings(alpha, logEvidenceAbove, value)).toBeLessThanOrEqual(most);
      expect(crossings(alpha, logEvidenceBelow, value)).toBeLessThanOrEqual(most);
    }
  },
);

test("nothing is above a limit of 1, or below a limit of 0: that is no evidence, not evidence against it", () => {
  expect(logEvidenceAbove(3, 10, 1)).toBe(0);
  expect(logEvidenceBelow(3, 10, 0)).toBe(0);
});
