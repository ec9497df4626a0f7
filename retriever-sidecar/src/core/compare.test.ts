import type { Candidate } from "@retriever/stores/ports/backend.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, compareAnswers } from "./compare.ts";
import { rankBiasedOverlap } from "./list-agreement.ts";

function answer(entries: readonly (readonly [string, number])[], vectorMs = 10): Answer {
  return { vectorMs, candidates: entries.map(([chunkId, similarity]) => candidate(chunkId, similarity)) };
}

function candidate(chunkId: string, similarity: number, updatedAt: string | null = null): Candidate {
  return { chunkId, entityId: "e", similarity, updatedAt };
}

const rows = [
  {
    title: "equal answers agree in everything",
    primary: answer([
      ["a", 0.9],
      ["b", 0.8],
    ]),
    shadow: answer([
      ["a", 0.9],
      ["b", 0.8],
    ]),
    expected: { mismatch: false, tie: false, scoreDelta: 0, overlap: 1, latencyDeltaMs: 0 },
  },
  {
    title: "another top chunk that the primary ranks clearly lower is a mismatch",
    primary: answer([
      ["a", 0.9],
      ["b", 0.8],
    ]),
    shadow: answer([
      ["b", 0.9],
      ["a", 0.8],
    ]),
    expected: { mismatch: true, tie: false, overlap: 1 },
  },
  {
    title: "another top chunk that the primary scores the same within 1e-6 is a tie",
    primary: answer([
      ["a", 0.9],
      ["b", 0.899_999_5],
    ]),
    shadow: answer([
      ["b", 0.9],
      ["a", 0.9],
    ]),
    expected: { mismatch: false, tie: true },
  },
  {
    title: "another top chunk that an answer which isn't cut off doesn't hold is a mismatch even with the same score",
    primary: answer([["a", 0.9]]),
    shadow: answer([["z", 0.9]]),
    expected: { mismatch: true, tie: false, scoreDelta: 0, overlap: 0 },
  },
  {
    title: "an empty shadow is a mismatch with the whole score as delta",
    primary: answer([["a", 0.9]]),
    shadow: answer([]),
    expected: { mismatch: true, scoreDelta: 0.9, overlap: 0 },
  },
  {
    title: "two empty answers agree",
    primary: answer([]),
    shadow: answer([]),
    expected: { mismatch: false, tie: false, scoreDelta: 0, overlap: 1, rankOverlap: 1 },
  },
];

test.each(rows)("$title", ({ primary, shadow, expected }) => {
  expect(compareAnswers(primary, shadow, sourcePrimary)).toMatchObject(expected);
});

const sourcePrimary = { primaryStore: "source", destinationNewest: null, k: 10 } as const;
const destinationPrimary = { primaryStore: "destination", destinationNewest: null, k: 10 } as const;

test("losses are the destination's, whichever store is primary", () => {
  const source = answer([["a", 0.9]], 10);
  const destination = answer([["a", 0.6]], 30);
  const before = compareAnswers(source, destination, sourcePrimary);
  const after = compareAnswers(destination, source, destinationPrimary);
  for (const comparison of [before, after]) {
    expect(comparison.scoreLoss).toBeCloseTo(0.3);
    expect(comparison.latencyLossMs).toBe(20);
  }
  expect([before.latencyDeltaMs, after.latencyDeltaMs]).toEqual([20, -20]);
});

test("lag is told apart from loss: the age of the destination's oldest common chunk", () => {
  const source = { vectorMs: 1, candidates: [candidate("a", 0.9, "2026-01-01T00:01:00Z"), candidate("b", 0.8, "bad")] };
  const destination = {
    vectorMs: 1,
    candidates: [candidate("a", 0.9, "2026-01-01T00:00:00Z"), candidate("c", 0.7, null)],
  };
  expect(compareAnswers(source, destination, sourcePrimary).lagMs).toBe(60_000);
  expect(compareAnswers(destination, source, sourcePrimary).lagMs).toBe(0);
  expect(compareAnswers(answer([["a", 1]]), answer([["a", 1]]), sourcePrimary).lagMs).toBeNull();
});

test("rank-biased overlap is 1 for equal lists, 0 for disjoint ones, and symmetric in between", () => {
  const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1 });
  const list = (names: readonly string[]) => names.map((name) => candidate(name, 0.5));
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      const overlap = rankBiasedOverlap(list(a), list(b));
      expect(overlap).toBeCloseTo(rankBiasedOverlap(list(b), list(a)), 12);
      expect(overlap).toBeGreaterThanOrEqual(0);
      expect(overlap).toBeLessThanOrEqual(1 + 1e-12);
      expect(rankBiasedOverlap(list(a), list(a))).toBeCloseTo(1, 12);
      expect(rankBiasedOverlap(list(a), list(a.map((name) => `other-${name}`)))).toBe(0);
    }),
  );
});

test("chunks only the source has are lag when newer than the destination's newest, else loss, whichever is primary", () => {
  const at = (chunkId: string, minute: number | null) => ({
    chunkId,
    entityId: "e",
    similarity: 0.5,
    updatedAt: minute === null ? null : new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  });
  const source = { candidates: [at("a", 1), at("b", 9), at("c", 3), at("d", null)], vectorMs: 1 };
  const destination = { candidates: [at("a", 1), at("x", 9)], vectorMs: 1 };
  const destinationNewest = "2026-01-01T00:05:00.000Z";
  const apart = { newer: 1, lost: 2 };
  expect(compareAnswers(source, destination, { ...sourcePrimary, destinationNewest })).toMatchObject(apart);
  expect(compareAnswers(destination, source, { ...destinationPrimary, destinationNewest })).toMatchObject(apart);
  expect(compareAnswers(source, destination, sourcePrimary)).toMatchObject({ newer: 0, lost: 3 });
});
