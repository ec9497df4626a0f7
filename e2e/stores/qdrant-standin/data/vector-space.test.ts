// The search is exact: the best of all, in order, whatever is stored, freed or tied.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Distance, distances, type Hit, VectorSpace } from "./vector-space.ts";

const small = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 5, maxLength: 5 });

function scoreOf(distance: Distance, a: Float32Array, b: Float32Array): number {
  const pairs = [...a].map((value, index) => [value, b[index] ?? 0] as const);
  const sum = (measure: (x: number, y: number) => number) => pairs.reduce((total, [x, y]) => total + measure(x, y), 0);
  if (distance === "Euclid") return Math.sqrt(sum((x, y) => (x - y) ** 2));
  return distance === "Manhattan" ? sum((x, y) => Math.abs(x - y)) : sum((x, y) => x * y);
}

function spaceOf(distance: Distance, vectors: readonly number[][]): VectorSpace {
  const space = new VectorSpace({ size: 5, distance });
  for (const [slot, vector] of vectors.entries()) space.set(slot, Float32Array.from(vector));
  return space;
}

const every = { accepts: () => true, tieBreak: (slot: number) => slot };

describe.each(distances)("a search by %s", (distance) => {
  it("gives the best of all vectors, best first, equal scores by the tie break", () => {
    const cases = fc.tuple(fc.array(small, { minLength: 1, maxLength: 150 }), small, fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(cases, ([vectors, query, count]) => {
        const space = spaceOf(distance, vectors);
        const prepared = space.prepare(Float32Array.from(query));
        const better = distance === "Cosine" || distance === "Dot" ? -1 : 1;
        const all = vectors.map((_, slot): Hit => {
          return { slot, score: Math.fround(scoreOf(distance, space.get(slot) ?? new Float32Array(5), prepared)) };
        });
        const hits = space.search({ query: Float32Array.from(query), count, ...every });
        const expected = all.toSorted((a, b) => better * (a.score - b.score) || a.slot - b.slot).slice(0, count);
        expect(hits.map(({ score }) => score)).toEqual(expected.map(({ score }) => expect.closeTo(score, 5)));
        expect(new Set(hits.map(({ slot }) => slot)).size).toBe(hits.length);
      }),
    );
  });
});

describe("a space", () => {
  it("leaves out what isn't accepted and what was taken away", () => {
    const space = spaceOf("Dot", [
      [3, 0, 0, 0, 0],
      [2, 0, 0, 0, 0],
      [1, 0, 0, 0, 0],
    ]);
    space.set(0, undefined);
    const hits = space.search({
      query: Float32Array.of(1, 0, 0, 0, 0),
      count: 5,
      ...every,
      accepts: (slot) => slot !== 2,
    });
    expect(hits).toEqual([{ slot: 1, score: 2 }]);
    expect(space.get(0)).toBeUndefined();
  });

  it("keeps Cosine vectors at length 1 and a zero vector at zero", () => {
    const space = spaceOf("Cosine", [
      [3, 4, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
    expect(space.get(0)).toEqual(Float32Array.of(0.6, 0.8, 0, 0, 0));
    expect(space.get(1)).toEqual(new Float32Array(5));
  });

  it("puts a score that is no number last", () => {
    const space = spaceOf("Dot", [
      [Number.NaN, 0, 0, 0, 0],
      [-1, 0, 0, 0, 0],
      [1, 0, 0, 0, 0],
    ]);
    const hits = space.search({ query: Float32Array.of(1, 0, 0, 0, 0), count: 2, ...every });
    expect(hits.map(({ slot }) => slot)).toEqual([2, 1]);
  });
});
