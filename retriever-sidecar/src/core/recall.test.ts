import fc from "fast-check";
import { expect, test } from "vitest";
import { recallOf } from "./recall.ts";

const answers = fc.array(
  fc.integer({ min: 0, max: 12 }).map((id) => ({ chunkId: `${id}`, entityId: "e", similarity: 0.5, updatedAt: null })),
  { maxLength: 10 },
);

test("recall is the share of the exact chunks that were answered, whatever the order and the doubles", () => {
  fc.assert(
    fc.property(answers, answers, (exact, answer) => {
      const wanted = [...new Set(exact.map(({ chunkId }) => chunkId))];
      const found = wanted.filter((id) => answer.some(({ chunkId }) => chunkId === id));
      expect(recallOf(exact, answer)).toBe(wanted.length === 0 ? null : found.length / wanted.length);
      expect(recallOf(exact, answer.toReversed())).toBe(recallOf(exact, answer));
    }),
  );
});

test("an answer recalls itself whole, and of nothing there is no recall", () => {
  fc.assert(
    fc.property(answers, (exact) => {
      expect(recallOf(exact, exact)).toBe(exact.length === 0 ? null : 1);
    }),
  );
});
