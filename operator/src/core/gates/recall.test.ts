// Worse told from different: bets on a mean, and what recall says of a stage's samples.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { judgeRecall, logWealthAbove, logWealthBelow } from "./recall.ts";

const differences = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
const limits = fc.double({ min: 0, max: 0.02, noNaN: true });

function sumsOf(all: readonly number[]) {
  return {
    n: all.length,
    sum: all.reduce((sum, d) => sum + d, 0),
    squares: all.reduce((sum, d) => sum + d * d, 0),
  };
}

describe("the wealth of a bet on a mean", () => {
  it("is never more than what the bets themselves would have won, which is 1 on average at the limit", () => {
    const largest = 0.49;
    fc.assert(
      fc.property(differences, limits, (all, limit) => {
        const won = all.reduce((sum, d) => sum + Math.log1p(largest * (d - limit)), 0);
        expect(logWealthAbove(sumsOf(all), limit).at(-1)).toBeLessThanOrEqual(won + 1e-9);
      }),
    );
  });

  it("on the other side is that of the mirrored differences", () => {
    fc.assert(
      fc.property(differences, limits, (all, limit) => {
        const mirrored = sumsOf(all.map((d) => 2 * limit - d));
        for (const [k, wealth] of logWealthBelow(sumsOf(all), limit).entries()) {
          expect(wealth).toBeCloseTo(logWealthAbove(mirrored, limit)[k] ?? 0, 6);
        }
      }),
    );
  });
});

describe("recall", () => {
  const plan = aSpec();
  const measured = (n: number, loss: number, more = {}) =>
    judgeRecall(
      plan,
      someCounters({ answered: 1000, recallSamples: n, recallLossSum: n * loss, recallSquaresSum: n * 0.005, ...more }),
    );

  it.each([
    [1000, 0, "proved"],
    [100, 0, "pending"],
    [1000, 0.02, "unknown"],
    [1000, 0.1, "unknown"],
  ])("of %d samples that lose %d on average: %s", (n, loss, verdict) => {
    expect(measured(n, loss)).toBe(verdict);
  });

  it("of a source that finds less is proved after a few samples", () => {
    expect(measured(40, 0, { recallGainSum: 28, recallSquaresSum: 20 })).toBe("proved");
  });

  it("that isn't measured says nothing, once there was a chance to measure it", () => {
    expect(measured(4, 0)).toBe("unknown");
    expect(measured(0, 0, { answered: 99 })).toBe("pending");
    expect(judgeRecall(aSpec({ recall: { mode: "Off" } }), someCounters({ recallSamples: 1000 }))).toBe("unknown");
    expect(judgeRecall(plan, null)).toBe("unknown");
  });
});
