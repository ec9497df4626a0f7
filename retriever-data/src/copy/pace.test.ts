import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { fill } from "./fill.ts";

const batchSize = 50;
/** Of one chunk, in ms. */
const cost = { lookUp: 0.04, load: 0.2 };

const chunks = (count: number): WholeChunk[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `c${index}`,
    entityId: "e",
    namespace: "n",
    updatedAt: "2026-03-01T00:00:00.003Z",
    fields: {},
    vector: Float32Array.of(1, 2),
  }));

/** How long a copy takes, and how long its destination works, which holds the first `held` of so many chunks. */
async function timeOf(held: number, all: number) {
  let [nowMs, workedMs] = [0, 0];
  const destination = makeChunkMemory("destination", chunks(held));
  const { store, writer } = destination;
  const work = (ms: number): void => {
    nowMs += ms;
    workedMs += ms;
  };
  const lookUp: typeof store.lookUp = (ids, ...rest) => {
    work(ids.length * cost.lookUp);
    return store.lookUp(ids, ...rest);
  };
  const load: typeof writer.load = (some, signal) => {
    work(some.length * cost.load);
    return writer.load(some, signal);
  };
  await fill(
    { level: "vector", rowsPerSecond: 1e6, batchSize, atOnce: 1, isEmpty: false },
    {
      source: makeChunkMemory("source", chunks(all)),
      destination: { store: { ...store, lookUp }, writer: { ...writer, load } },
      clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
      pause: async (ms) => void (nowMs += ms),
      random: () => 0.5,
      onNote: () => {},
      onProgress: () => {},
    },
    AbortSignal.timeout(20_000),
  );
  return { tookMs: nowMs, workedMs };
}

test("a copy that goes on behind what is held writes as fast as one that begins", async () => {
  const whole = await timeOf(0, 5000);
  const resumed = await timeOf(batchSize * 10, 5000 + batchSize * 10);
  expect(resumed.tookMs).toBeLessThan(whole.tookMs * 1.1);
});

test("a destination that holds everything is asked for it at most half of the time", async () => {
  const { tookMs, workedMs } = await timeOf(4000, 4000);
  expect(workedMs).toBeCloseTo(4000 * cost.lookUp, 6);
  expect(tookMs).toBeGreaterThanOrEqual(workedMs * 1.7);
});
