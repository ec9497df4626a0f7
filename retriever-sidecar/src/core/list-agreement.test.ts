import type { Candidate } from "@retriever/stores/ports/backend.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { tieEpsilon } from "#contract/thresholds.ts";
import { agreementOf, rankBiasedOverlap } from "./list-agreement.ts";

function candidate(chunkId: string, similarity: number): Candidate {
  return { chunkId, entityId: "e", similarity, updatedAt: null };
}

const full = { top: "same", overlap: 1, rankOverlap: 1 };

test("twenty identical chunks, of which each store picks others, agree in everything", () => {
  const pick = (from: number) => Array.from({ length: 10 }, (_, index) => candidate(`${from + index}`, 0.9));
  expect(agreementOf(pick(0), pick(10), 10)).toMatchObject({ top: "tie", overlap: 1 });
  expect(agreementOf(pick(0), pick(10), 10).rankOverlap).toBeCloseTo(1, 12);
  expect(agreementOf(pick(0), pick(5), 10)).toMatchObject({ top: "tie", overlap: 1 });
});

test("the one best chunk and its duplicate are a tie, and another chunk of lower similarity is none", () => {
  expect(agreementOf([candidate("a", 0.9)], [candidate("b", 0.9)], 1)).toMatchObject({ top: "tie", overlap: 1 });
  expect(agreementOf([candidate("a", 0.9)], [candidate("b", 0.89)], 1)).toMatchObject({ top: "mismatch", overlap: 0 });
});

test("a chunk that one store lacks above the cut-off, or in an answer that wasn't cut off, is missing", () => {
  const source = [candidate("a", 0.9), candidate("b", 0.8), candidate("c", 0.7)];
  const destination = [candidate("z", 0.9), candidate("b", 0.8), candidate("d", 0.7)];
  expect(agreementOf(source, destination, 3)).toMatchObject({ top: "mismatch", overlap: 2 / 3 });
  expect(agreementOf(source, destination, 4)).toMatchObject({ top: "mismatch", overlap: 1 / 3 });
  expect(agreementOf([candidate("a", 0.9)], [candidate("z", 0.9)], 2)).toMatchObject({ top: "mismatch", overlap: 0 });
});

/** Chunks of few levels, so that many tie, and where answers end. */
const corpus = fc.record({
  levels: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 14 }),
  k: fc.integer({ min: 1, max: 8 }),
});
const shuffle = fc.array(fc.nat(1000), { minLength: 14, maxLength: 14 });

/** The right answer of a store that puts equal chunks in an order of its own, and computes them with float32's noise. */
function answerOf(levels: readonly number[], k: number, order: readonly number[]): Candidate[] {
  return levels
    .map((level, index) => ({ level, index, place: order[index] ?? 0 }))
    .toSorted((a, b) => b.level - a.level || a.place - b.place)
    .slice(0, k)
    .map(({ level, index, place }) => candidate(`${index}`, level / 5 + ((place % 5) * tieEpsilon) / 10));
}

test("two stores that answer rightly from the same chunks agree in everything, however they break ties", () => {
  fc.assert(
    fc.property(corpus, shuffle, shuffle, ({ levels, k }, one, another) => {
      const [a, b] = [answerOf(levels, k, one), answerOf(levels, k, another)];
      const { top, overlap, rankOverlap, tied } = agreementOf(a, b, k);
      expect(top).not.toBe("mismatch");
      expect(overlap).toBe(1);
      expect(rankOverlap).toBeCloseTo(1, 12);
      const answered = new Set(b.map((each) => each.chunkId));
      expect(a.every((each) => answered.has(each.chunkId) || tied.has(each.chunkId))).toBe(true);
    }),
  );
});

test("a chunk that the destination lost is seen as soon as it lies above the cut-off", () => {
  fc.assert(
    fc.property(corpus, shuffle, shuffle, fc.nat(13), ({ levels, k }, one, another, gone) => {
      const source = answerOf(levels, k, one);
      const left = levels.map((level, index) => (index === gone ? 0 : level));
      const destination = answerOf(left, k + 1, another).filter((each) => each.similarity >= 0.2);
      const last = source.at(-1)?.similarity ?? 0;
      const isAbove = (levels[gone] ?? 0) / 5 > last + tieEpsilon;
      const { overlap } = agreementOf(source, destination.slice(0, k), k);
      expect(isAbove ? overlap < 1 : overlap <= 1).toBe(true);
    }),
  );
});

test("without ties the measures are the plain ones, and with them they are symmetric", () => {
  const ids = fc.uniqueArray(fc.nat(9), { maxLength: 8 });
  fc.assert(
    fc.property(ids, ids, fc.boolean(), (one, another, isTied) => {
      const list = (chunks: readonly number[]) =>
        chunks.map((id, index) => candidate(`${id}`, isTied ? 0.9 - Math.floor(index / 3) / 10 : 0.9 - index / 100));
      const [a, b] = [list(one), list(another)];
      const agreement = agreementOf(a, b, 20);
      const common = one.filter((id) => another.includes(id)).length;
      expect(agreement.overlap).toBeCloseTo(
        one.length + another.length === 0 ? 1 : common / Math.max(one.length, another.length),
        12,
      );
      const gain = agreement.rankOverlap - rankBiasedOverlap(a, b);
      expect(gain).toBeGreaterThanOrEqual(-1e-12);
      expect(isTied ? 0 : gain).toBeCloseTo(0, 12);
      const mirrored = agreementOf(b, a, 20);
      expect([mirrored.overlap, mirrored.rankOverlap]).toEqual([
        agreement.overlap,
        expect.closeTo(agreement.rankOverlap, 12),
      ]);
    }),
  );
});

test("equal answers agree, those with chunks twice and none at all included", () => {
  for (const list of [[], [candidate("a", 0.9), candidate("a", 0.8)]]) {
    expect(agreementOf(list, [...list], 5)).toMatchObject(full);
  }
});
