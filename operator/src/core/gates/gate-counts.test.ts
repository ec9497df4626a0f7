import { expect, test } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { countsOf, failedSamples, listCounts, rateGates, triedSamples } from "./gate-counts.ts";

const totals = someCounters({
  answered: 90,
  shadowErrors: 4,
  shadowTimeouts: 6,
  shadowDropped: 50,
  scoreWorse: 3,
  scoreWorseSum: 1.5,
  latencyWorse: 7,
  latencyBetter: 5,
  mismatch: 9,
  overlapSum: 60,
});

test("a sample without an answer is slow, and says nothing about scores and ids; what we dropped is none", () => {
  expect([triedSamples(totals), failedSamples(totals)]).toEqual([100, 10]);
  expect(countsOf(totals)).toEqual({
    scoreDelta: { bad: 3, n: 90 },
    scoreMean: { bad: 1.5, n: 90 },
    latencyDelta: { bad: 17, n: 100, opposite: 5 },
    mismatch: { bad: 9, n: 90 },
    overlap: { bad: 30, n: 90 },
  });
  expect(listCounts(totals).map(({ gate }) => gate)).toEqual([...rateGates]);
  expect(listCounts(totals)[4]).toEqual({ gate: "overlap", bad: 30, n: 90 });
});

test("no count is negative, and none is beyond what numbers count exactly", () => {
  const counts = countsOf(someCounters({ answered: 1e30, overlapSum: 2e30, mismatch: 1e30, scoreWorseSum: -1 }));
  expect(counts.overlap).toEqual({ bad: 0, n: Number.MAX_SAFE_INTEGER });
  expect(counts.mismatch.bad).toBe(Number.MAX_SAFE_INTEGER);
  expect(counts.scoreMean.bad).toBe(0);
});
