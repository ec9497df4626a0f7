import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { fill } from "./fill.ts";
import { divide, type Part, parseRange } from "./range.ts";

function partOf(index: number, bounds: readonly string[]): Part {
  const part = parseRange({ range: `${index}/${bounds.length + 1}`, bounds: JSON.stringify(bounds) });
  if (part === null || typeof part === "string") throw new Error(part ?? "no part");
  return part;
}

const chunk = (id: string): WholeChunk => ({
  id,
  entityId: "e",
  namespace: "n",
  updatedAt: "2026-03-01T00:00:00.001Z",
  fields: {},
  vector: Float32Array.of(1, 2),
});

test("each part begins where the one before it ends, the first at the beginning, the last at the end", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 40 }), (bounds) => {
      const parts = Array.from({ length: bounds.length + 1 }, (_, index) => partOf(index, bounds));
      expect(parts.map(({ after }) => after)).toEqual([null, ...bounds]);
      expect(parts.map(({ until }) => until)).toEqual([...bounds, null]);
    }),
  );
});

test("the parts together write every chunk, each once, in whatever order they run", async () => {
  const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(bounds, fc.integer({ min: 0, max: 60 }), fc.boolean(), async (drawn, count, isReversed) => {
      const ascending = drawn.toSorted((a, b) => a - b).map(String);
      const source = makeChunkMemory(
        "source",
        Array.from({ length: count }, (_, index) => chunk(`c${index}`)),
      );
      const destination = makeChunkMemory("destination", []);
      const deps = {
        source,
        destination,
        clock: { wallMs: () => 0, monotonicMs: () => 0 },
        pause: async () => undefined,
        random: () => 0.5,
        onNote: () => {},
        onProgress: () => {},
      };
      const order = Array.from({ length: ascending.length + 1 }, (_, index) => index);
      let written = 0;
      for (const index of isReversed ? order.toReversed() : order) {
        const options = {
          level: "vector",
          rowsPerSecond: null,
          batchSize: 4,
          atOnce: 2,
          isEmpty: index % 2 === 0,
        } as const;
        const filled = await fill({ ...options, range: partOf(index, ascending) }, deps, AbortSignal.timeout(10_000));
        written += filled.written;
      }
      expect(written).toBe(count);
      expect(destination.changes.flatMap(({ ids }) => ids).toSorted()).toEqual([...source.chunks.keys()].toSorted());
    }),
    { numRuns: 60 },
  );
});

test.each([
  [{ range: "2/2", bounds: '["a"]' }, "--range: expected i/n"],
  [{ range: "0/300" }, "--range: expected i/n"],
  [{ range: "/4", bounds: '["a","b","c"]' }, "--range: expected i/n"],
  [{ range: "0/3", bounds: '["a"]' }, "--bounds: expected 2 bounds"],
  [{ range: "0/2", bounds: "a" }, "--bounds: expected 1 bounds"],
  [{ range: "0/2", bounds: "[7]" }, "--bounds: expected 1 bounds"],
  [{ bounds: '["a"]' }, "--bounds: expected --range"],
])("%j is refused by name", (flags, fault) => {
  expect(parseRange(flags)).toContain(fault);
});

test("a source that can't be divided into so many parts is refused with how many there are", async () => {
  const { store } = makeChunkMemory("source", []);
  const signal = AbortSignal.timeout(1000);
  await expect(divide(store, 4, signal)).rejects.toMatchObject({
    message: expect.stringContaining("into 1 parts, not into 4"),
  });
  expect(await divide({ ...store, bounds: async () => ["x"] }, 2, signal)).toEqual(["x"]);
});
