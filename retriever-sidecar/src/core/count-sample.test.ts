import { expect, test } from "vitest";
import { compareAnswers } from "./compare.ts";
import { countComparison } from "./count-sample.ts";

const thresholds = { scoreDelta: 0.2, latencyDeltaMs: 80 };
const stores = { primaryStore: "source", destinationNewest: null, k: 1 } as const;
type Side = readonly [similarity: number | null, ms: number];

function counted([before, sourceMs]: Side, [after, destinationMs]: Side, scoreOffset?: number) {
  const answer = (similarity: number | null, vectorMs: number) => ({
    vectorMs,
    candidates: similarity === null ? [] : [{ chunkId: "a", entityId: "e", similarity, updatedAt: null }],
  });
  const comparison = compareAnswers(answer(before, sourceMs), answer(after, destinationMs), stores);
  const limits = scoreOffset === undefined ? thresholds : { ...thresholds, scoreOffset };
  return countComparison(comparison, limits, destinationMs);
}

test("slower and faster by the limit are counted apart, and what lies between is neither", () => {
  expect(counted([0.9, 10], [0.9, 90])).toMatchObject({ latencyWorse: 1, latencyBetter: 0, shadowMs: 90 });
  expect(counted([0.9, 90], [0.9, 10])).toMatchObject({ latencyWorse: 0, latencyBetter: 1, shadowMs: 10 });
  expect(counted([0.9, 10], [0.9, 89])).toMatchObject({ latencyWorse: 0, latencyBetter: 0 });
});

test("an answer that is empty at the destination alone is worse, and one that is empty at the source isn't", () => {
  expect(counted([0.9, 1], [null, 1])).toMatchObject({ emptyWorse: 1, scoreWorse: 1 });
  expect(counted([null, 1], [0.9, 1])).toMatchObject({ emptyWorse: 0, scoreWorse: 0 });
  expect(counted([null, 1], [null, 1], 0.1)).toMatchObject({ emptyWorse: 0, scoreWorseSum: 0, scoreBetterSum: 0 });
});

test("loss and gain of similarity add up apart, both measured from the offset that is normal here", () => {
  expect(counted([0.9, 1], [0.8, 1])).toMatchObject({ scoreBetterSum: 0, scoreWorseSum: expect.closeTo(0.1, 9) });
  expect(counted([0.8, 1], [0.9, 1])).toMatchObject({ scoreWorseSum: 0, scoreBetterSum: expect.closeTo(0.1, 9) });
  expect(counted([0.9, 1], [0.65, 1])).toMatchObject({ scoreWorse: 1 });
  const around = counted([0.9, 1], [0.65, 1], 0.1);
  expect(around).toMatchObject({ scoreWorse: 0, scoreWorseSum: expect.closeTo(0.15, 9) });
  expect(counted([0.9, 1], [0.85, 1], 0.1)).toMatchObject({ scoreBetterSum: expect.closeTo(0.05, 9) });
});
