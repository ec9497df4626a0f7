import type { ChunkBatch } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeQuerySample } from "./query-sample.ts";

function batchOf(ids: readonly string[]): ChunkBatch {
  const bytes = ids.map((id) => Buffer.from(id));
  let end = 0;
  const idEnds = Uint32Array.from(bytes, ({ length }) => (end += length));
  const updatedAtMs = new Float64Array(ids.length);
  const rest = { payloadDigests: null, vectors: null, dimension: 0, cursor: "", storeMs: 0 };
  return { count: ids.length, idBytes: Buffer.concat(bytes), idEnds, updatedAtMs, ...rest };
}

/** Numbers in [0, 1) that look random; the same for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0) / 0x1_0000_0000;
  };
}

function sample(size: number, total: number, seed: number): readonly string[] {
  const all = Array.from({ length: total }, (_, index) => `id-${index}`);
  const taken = makeQuerySample(size, makeRandom(seed));
  for (let start = 0; start < total; start += 37) taken.take(batchOf(all.slice(start, start + 37)));
  return taken.ids();
}

test("as many chunks are taken as asked for, or all of fewer, each once", () => {
  expect(sample(10, 1000, 1)).toHaveLength(10);
  expect(new Set(sample(10, 1000, 1)).size).toBe(10);
  expect(sample(10, 4, 1)).toEqual(["id-0", "id-1", "id-2", "id-3"]);
  expect(sample(0, 100, 1)).toEqual([]);
  expect(makeQuerySample(5, () => 0).ids()).toEqual([]);
});

test("every chunk is as likely as any other, wherever it stands", () => {
  const runs = 3000;
  const counts = Array.from({ length: 10 }, () => 0);
  for (let seed = 1; seed <= runs; seed += 1) {
    for (const id of sample(5, 200, seed * 7919)) {
      const tenth = Math.floor(Number(id.slice(3)) / 20);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
  }
  // 1500 a tenth; seven standard deviations of a binomial count are 257.
  for (const count of counts) expect(Math.abs(count - (runs * 5) / 10)).toBeLessThan(257);
});
