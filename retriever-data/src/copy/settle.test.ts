import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { compareMemories, type MemoryPair } from "#test/compare-memories.ts";
import { settle } from "./settle.ts";

function chunk(id: string, mark = "de"): WholeChunk {
  const updatedAt = "2026-03-01T00:00:00.001Z";
  return { id, entityId: "e", namespace: "n", updatedAt, fields: { lang: mark }, vector: Float32Array.of(1, 2) };
}

type Scene = MemoryPair;

function run(at: Scene, deletesExtra: boolean, onCompared: (round: number) => void = () => {}) {
  let rounds = 0;
  const repairDeps = {
    stores: { source: at.source.store, destination: at.destination.store },
    writers: { source: at.source.writer, destination: at.destination.writer },
    clock: { wallMs: () => Date.UTC(2026, 2, 2), monotonicMs: () => 0 },
    pause: async () => undefined,
    onProgress: () => {},
  };
  const deps = {
    compare: async () => {
      const report = await compareMemories(at);
      onCompared((rounds += 1));
      return report;
    },
    repairDeps,
    onRepaired: () => {},
  };
  const options = { level: "vector", lagMs: 0, rowsPerSecond: null, onRefusal: "skip", deletesExtra } as const;
  return settle(options, deps, AbortSignal.timeout(10_000));
}

const scene = (source: readonly WholeChunk[], destination: readonly WholeChunk[]): Scene => ({
  source: makeChunkMemory("source", source),
  destination: makeChunkMemory("destination", destination),
});

test("what differs is repaired and compared again until both are equal", async () => {
  const at = scene([chunk("a"), chunk("b"), chunk("c")], [chunk("b", "other"), chunk("c"), chunk("x")]);
  expect(await run(at, true)).toMatchObject({
    report: { outcome: "equal" },
    rounds: 2,
    written: 2,
    removed: 1,
    left: [],
  });
  expect([...at.destination.chunks.keys()].toSorted()).toEqual(["a", "b", "c"]);
});

test("what only the destination has stays unless it is to go, and always where the source is empty", async () => {
  const extra = scene([chunk("a")], [chunk("a"), chunk("x")]);
  expect(await run(extra, false)).toMatchObject({ report: { outcome: "drift" }, rounds: 1, removed: 0 });
  const empty = scene([], [chunk("a"), chunk("x")]);
  expect(await run(empty, true)).toMatchObject({ report: { outcome: "drift" }, rounds: 1, removed: 0 });
  expect(empty.destination.chunks.size).toBe(2);
});

test("a refused chunk ends it once nothing else changes, and is named", async () => {
  const at = scene([chunk("a"), chunk("b")], []);
  at.destination.refused.set("a", "too long");
  expect(await run(at, false)).toMatchObject({
    report: { outcome: "drift" },
    rounds: 2,
    written: 1,
    left: [{ id: "a", why: "refused", reason: "too long" }],
  });
});

test("a source that is written as fast as it is repaired is compared four times", async () => {
  const at = scene([chunk("a")], []);
  const result = await run(at, false, (round) => at.source.chunks.set(`new-${round}`, chunk(`new-${round}`)));
  expect(result).toMatchObject({ report: { outcome: "drift" }, rounds: 4 });
});

test("a repair that mends nothing isn't tried again, however much it wrote", async () => {
  const at = scene([chunk("a"), chunk("b")], [chunk("b", "other")]);
  const { writer } = at.destination;
  // As a column that the server makes itself: every write is taken, and changes nothing.
  const deaf = { ...at, destination: { ...at.destination, writer: { ...writer, write: async () => [] } } };
  expect(await run(deaf, false)).toMatchObject({ report: { outcome: "drift" }, rounds: 1, written: 2 });
});
