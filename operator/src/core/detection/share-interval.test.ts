import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareInterval } from "./share-interval.ts";

describe("the interval of a share", () => {
  // Clopper and Pearson's tables.
  it.each([
    [0, 20, 0, 0.168433],
    [1, 20, 0.001265, 0.248733],
    [10, 20, 0.271957, 0.728043],
    [20, 20, 0.831567, 1],
    [999, 1000, 0.994442, 0.999975],
    // A day of 20 requests a second, and more than any store has answered.
    [17_280, 1_728_000, 0.009852, 0.010149],
    [1_727_997, 1_728_000, 0.999995, 1],
    [3e14, 1e15, 0.3, 0.3],
  ])("of %i in %i runs is that of the tables", (count, n, low, high) => {
    const interval = shareInterval(count, n);
    expect(interval[0]).toBeCloseTo(low, 5);
    expect(interval[1]).toBeCloseTo(high, 5);
  });

  it("holds the true share in at least 95 of 100 series of runs, whatever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (n, share) => {
        let chance = (1 - share) ** n;
        let covered = 0;
        for (let count = 0; count <= n; count += 1) {
          const [low, high] = shareInterval(count, n);
          if (low <= share && share <= high) covered += chance;
          chance *= ((n - count) / (count + 1)) * (share / (1 - share));
        }
        expect(covered).toBeGreaterThanOrEqual(0.95 - 1e-9);
      }),
      { numRuns: 100 },
    );
  });
});
