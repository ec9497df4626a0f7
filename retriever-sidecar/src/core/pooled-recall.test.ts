import type { Candidate } from "@retriever/stores/ports/backend.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { countRecall, exactDepth, type PooledRecall, pooledRecall, type Searched } from "./pooled-recall.ts";

type Chunks = readonly (readonly [id: string, similarity: number])[];

/** Best first, at most `count`. */
function top(chunks: Chunks, count: number): Candidate[] {
  return chunks
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([chunkId, similarity]) => ({ chunkId, entityId: "e", similarity, updatedAt: null }));
}

/** A store whose index answers `answered`, all of what it holds when left out. */
function searched(held: Chunks, k: number, answered: Chunks = held): Searched {
  return { answer: top(answered, k), exact: top(held, exactDepth(k)) };
}

function lossOf(recall: PooledRecall | null): number {
  return recall === null ? Number.NaN : recall.source - recall.destination;
}

const ks = fc.integer({ min: 1, max: 20 });
/** Few levels, so that ties are common. */
const levels = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((tenth) => tenth / 10),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const corpora = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 200 }), levels), { selector: ([id]) => id, maxLength: 120 })
  .map((pairs) => pairs.map(([id, level]) => [`${id}`, level] as const));
const stores = fc.tuple(corpora, corpora).map(([exact, answer]) => ({ exact, answer }));
const evenly = (count: number): Chunks => Array.from({ length: count }, (_, at) => [`${at}`, 1 - at / count]);

test("the recall of whatever two stores answer lies within 0 and 1, and the sums of a sample follow from it", () => {
  fc.assert(
    fc.property(stores, stores, ks, (a, b, k) => {
      const recall = pooledRecall(searched(a.exact, k, a.answer), searched(b.exact, k, b.answer), k);
      expect(recall === null).toBe(a.exact.length + b.exact.length === 0);
      if (recall === null) return;
      for (const value of [recall.source, recall.destination]) expect(Math.abs(value - 0.5)).toBeLessThanOrEqual(0.5);
      const { recallSamples, recallLossSum = 0, recallGainSum = 0, recallSquaresSum } = countRecall(recall);
      expect([recallSamples, recallLossSum - recallGainSum]).toEqual([1, lossOf(recall)]);
      expect(Math.min(recallLossSum, recallGainSum)).toBe(0);
      expect(recallSquaresSum).toBe(lossOf(recall) ** 2);
    }),
  );
});

test("equal answers differ by nothing, whatever both stores hold", () => {
  fc.assert(
    fc.property(stores, corpora, ks, ({ exact, answer }, other, k) => {
      const recall = pooledRecall(searched(exact, k, answer), searched(other, k, answer), k);
      expect(lossOf(recall)).toBe(recall === null ? Number.NaN : 0);
    }),
  );
});

test("two stores that hold the same and find it differ by nothing, whichever of equal chunks each answers", () => {
  fc.assert(
    fc.property(corpora, ks, fc.infiniteStream(fc.nat()), (held, k, order) => {
      const shuffled = held.toSorted(() => (order.next().value % 2) - 0.5);
      const recall = pooledRecall(searched(held, k), searched(shuffled, k), k);
      expect(recall).toEqual(held.length === 0 ? null : { source: 1, destination: 1 });
    }),
  );
});

test("over the same chunks roles that are changed only turn the sign", () => {
  fc.assert(
    fc.property(corpora, corpora, corpora, ks, (held, one, other, k) => {
      const within = (answered: Chunks) => held.filter(([id]) => answered.some((each) => each[0] === id));
      const [a, b] = [searched(held, k, within(one)), searched(held, k, within(other))];
      expect(lossOf(pooledRecall(a, b, k))).toBe(held.length === 0 ? Number.NaN : 0 - lossOf(pooledRecall(b, a, k)));
    }),
  );
});

test.each([
  { title: "twenty identical chunks", k: 10, count: 20 },
  { title: "one chunk and its double, at k = 1", k: 1, count: 2 },
  { title: "more doubles than an exact search returns", k: 10, count: 200 },
])("of $title each store answers others, and nothing is lost or gained", ({ k, count }) => {
  const doubles: Chunks = Array.from({ length: count }, (_, at) => [`double-${at}`, 0.9]);
  const chunks = [...doubles, ["other", 0.5] as const];
  const recall = pooledRecall(searched(chunks, k), searched(chunks.toReversed(), k), k);
  expect(recall).toEqual({ source: 1, destination: 1 });
});

test.each([0.0003, -0.0003])("a store that states every similarity by %d apart ties as any other", (gap) => {
  const doubles: Chunks = Array.from({ length: 20 }, (_, at) => [`double-${at}`, 0.9]);
  const apart = doubles.map(([id, level]) => [id, level + gap] as const).toReversed();
  expect(pooledRecall(searched(doubles, 10), searched(apart, 10), 10)).toEqual({ source: 1, destination: 1 });
});

test("an index that finds three of ten against one that finds all is a gain and no loss", () => {
  const held = evenly(1000);
  const poor = held.filter((_, at) => at % 10 < 3 || at >= 10);
  const recall = pooledRecall(searched(held, 10, poor), searched(held, 10), 10);
  expect(recall).toEqual({ source: 0.3, destination: 1 });
  expect(recall && countRecall(recall)).toMatchObject({ recallLossSum: 0, recallGainSum: 0.7 });
});

test("chunks that one store lacks are the loss of whoever lacks them", () => {
  const held = evenly(1000);
  const half = held.filter((_, at) => at % 2 === 0);
  expect(lossOf(pooledRecall(searched(held, 10), searched(half, 10), 10))).toBe(0.5);
  expect(lossOf(pooledRecall(searched(half, 10), searched(held, 10), 10))).toBe(-0.5);
  expect(lossOf(pooledRecall(searched(held, 10), searched([], 10), 10))).toBe(1);
});

test("whatever one store lacks, the other's recall is higher by its share of the true ten", () => {
  const held = evenly(200);
  fc.assert(
    fc.property(fc.subarray([...held]), (kept) => {
      const missing = held.slice(0, 10).filter((each) => !kept.includes(each)).length / 10;
      expect(lossOf(pooledRecall(searched(held, 10), searched(kept, 10), 10))).toBeCloseTo(missing);
      expect(lossOf(pooledRecall(searched(kept, 10), searched(held, 10), 10))).toBeCloseTo(-missing);
    }),
  );
});

test("ids on the wrong vectors are a loss, although both stores state the same similarities", () => {
  const held = evenly(1000);
  const turned = held.map(([, level], at) => [`${(at + 500) % 1000}`, level] as const);
  expect(pooledRecall(searched(held, 10), searched(turned, 10), 10)).toEqual({ source: 1, destination: 0 });
});

test("what the source lacks doesn't make up for what the destination lost", () => {
  const held = evenly(1000);
  const [noThird, noSeventh] = [held.filter(([id]) => id !== "3"), held.filter(([id]) => id !== "7")];
  expect(lossOf(pooledRecall(searched(noThird, 10), searched(noSeventh, 10), 10))).toBeCloseTo(0.1);
});

test("a chunk that an index states as near and that its own store doesn't find so isn't found", () => {
  const held = evenly(1000);
  const stale: Chunks = [["gone", 0.9999], ...held];
  expect(pooledRecall(searched(held, 10), searched(held, 10, stale), 10)).toEqual({ source: 1, destination: 0.9 });
});

test("of nothing there is no recall, and a similarity that is no number is refused", () => {
  expect(pooledRecall(searched([], 3), searched([], 3), 3)).toBeNull();
  const junk = searched([["a", Number.NaN]], 3);
  expect(() => pooledRecall(searched([["a", 1]], 3), junk, 3)).toThrow("finite");
});
