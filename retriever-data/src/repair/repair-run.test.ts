import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { planRepair } from "./plan.ts";
import { inBatches, type Run } from "./repair-run.ts";

test("batches that are written after quicker ones were checked are no sign of a slow store", async () => {
  let nowMs = 0;
  const pauses: number[] = [];
  const stores = { source: makeChunkMemory("source", []), destination: makeChunkMemory("destination", []) };
  const { source, destination } = stores;
  const run: Run = {
    plan: planRepair(
      { differences: [], scope: { level: "fresh" } } as unknown as Parameters<typeof planRepair>[0],
      { source: source.store.identity, destination: destination.store.identity },
      { direction: "source-to-destination", deletesExtra: false },
    ),
    deps: {
      stores: { source: source.store, destination: destination.store },
      writers: { source: source.writer, destination: destination.writer },
      clock: { wallMs: () => 0, monotonicMs: () => nowMs },
      pause: async (ms) => void pauses.push(ms),
      onProgress: () => {},
    },
    rowsPerSecond: 1e9,
    signal: new AbortController().signal,
    spellings: () => [],
    findsItsOwn: async () => true,
  };
  const all = Array.from({ length: 30 }, (_, index) => ({ id: `c${index}` })) as unknown as Difference[];
  await inBatches(run, "checking", { size: 10, all }, async () => void (nowMs += 10));
  await inBatches(run, "writing", { size: 10, all }, async () => void (nowMs += 100));
  expect(pauses).toEqual([10, 10, 10, 100, 100, 100]);
});
