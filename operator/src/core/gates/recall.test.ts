// Worse told from different: bets on a mean, and what recall says of a stage's samples.
import { addCounters, type Counters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { judgeRecall, logWealthAbove, logWealthBelow } from "./recall.ts";

const differences = fc.array(fc.double({ min: -0.95, max: 0.95, noNaN: true }), { minLength: 1, maxLength: 50 });
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
  const measured = (n: number, loss: number, more = {}, recent: Partial<Counters> | null = { recallSamples: 5 }) => {
    const sums = { answered: 1000, recallSamples: n, recallLossSum: n * loss, recallSquaresSum: n * 0.005, ...more };
    return judgeRecall(plan, { totals: someCounters(sums), recent: recent === null ? null : someCounters(recent) });
  };

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
    const many = someCounters({ recallSamples: 1000 });
    expect(judgeRecall(aSpec({ recall: { mode: "Off" } }), { totals: many, recent: many })).toBe("unknown");
    expect(judgeRecall(plan, { totals: null, recent: many })).toBe("unknown");
  });

  it("that was proved is so no longer once it isn't measured any more, or is lower just now", () => {
    expect(measured(1000, 0, {}, null)).toBe("unknown");
    expect(measured(1000, 0, {}, { recallSamples: 4 })).toBe("unknown");
    expect(measured(1000, 0, {}, { recallSamples: 100, recallLossSum: 3 })).toBe("unknown");
    expect(measured(1000, 0, {}, { recallSamples: 100, recallLossSum: 1 })).toBe("proved");
  });

  it("of sums that can't be is that of the nearest that can", () => {
    expect(measured(12, 0, { recallGainSum: 1e6, recallSquaresSum: 0 })).toBe("pending");
    expect(logWealthAbove({ n: 12, sum: 1e6, squares: 0 }, 0.02)).toEqual(
      logWealthAbove({ n: 12, sum: 12, squares: 12 }, 0.02),
    );
  });

  it("is neither proved nor disproved by one pod of three, whatever that claims", () => {
    const pod = (loss: number, gain = 0) => {
      const [n, squares] = [700, 0.005 + (loss + gain) ** 2];
      const sums = { recallLossSum: n * loss, recallGainSum: n * gain, recallSquaresSum: n * squares };
      return { name: `${loss}/${gain}`, counters: someCounters({ answered: n, recallSamples: n, ...sums }) };
    };
    const judged = (...pods: ReturnType<typeof pod>[]) => {
      const totals = pods.reduce((sum, { counters }) => addCounters(sum, counters), someCounters());
      return judgeRecall(plan, { totals, recent: totals, pods, recentPods: pods });
    };
    expect(judged(pod(0), pod(0), pod(0))).toBe("proved");
    expect(judged(pod(0.1), pod(0.1), pod(0, 1))).toBe("unknown");
    expect(judged(pod(0), pod(0), pod(1))).toBe("proved");
  });
});
