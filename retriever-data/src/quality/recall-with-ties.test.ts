import { expect, test } from "vitest";
import { recallWithTies } from "./recall-with-ties.ts";

const list = (...entries: readonly (readonly [string, number])[]) =>
  entries.map(([chunkId, similarity]) => ({ chunkId, similarity, entityId: "e", updatedAt: null }));

const exact = list(["a", 0.9], ["b", 0.8], ["c", 0.7], ["d", 0.7], ["e", 0.6]);

test.each([
  ["the whole answer", list(["a", 0.9], ["b", 0.8], ["c", 0.7]), 1],
  ["another one of a tie at the end", list(["a", 0.9], ["b", 0.8], ["d", 0.7]), 1],
  ["one that is farther away", list(["a", 0.9], ["b", 0.8], ["e", 0.6]), 2 / 3],
  ["one chunk twice", list(["a", 0.9], ["a", 0.9], ["a", 0.9]), 1 / 3],
  ["nothing", [], 0],
])("%s is so much of the best three", (_, found, recall) => {
  expect(recallWithTies(exact, found, 3)).toBeCloseTo(recall, 10);
});

test("where nothing was to be found there is no recall", () => {
  expect(recallWithTies([], exact, 3)).toBeNull();
});

test("a store with fewer chunks than asked for can be searched perfectly", () => {
  expect(recallWithTies(exact.slice(0, 2), exact.slice(0, 2), 10)).toBe(1);
});
