import { expect, test } from "vitest";
import { makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { runOver, startMs } from "#test/verify-run.ts";

const old = startMs - 10_000_000;

function chunksBy(hold: (ms: number) => number, micros: (index: number) => number) {
  return Array.from({ length: 1000 }, (_, index) => ({
    id: `chunk-${index}`,
    updatedAtMs: hold(old + index * 1003 + micros(index) / 1000),
  }));
}

test.each([
  ["rounded", "all of them", Math.round, (index: number) => (index * 397) % 1000],
  ["cut", "all of them", Math.floor, (index: number) => (index * 397) % 1000],
  ["cut", "3 in 10", Math.floor, (index: number) => (index % 10 < 3 ? 500 + index / 10 : 0)],
])("milliseconds %s from microseconds in %s are equal, and nothing is looked up as a difference", async (...row) => {
  const [, , hold, micros] = row;
  const source = makeMemoryChunkStore(
    "source",
    chunksBy((ms) => ms, micros),
  );
  const destination = makeMemoryChunkStore("destination", chunksBy(hold, micros));
  const found = await runOver(source, destination);
  expect(found).toMatchObject({ outcome: "equal", momentPrecision: "millisecond", counts: { stale: 0, lagging: 0 } });
  destination.chunks[7] = { id: "chunk-7", updatedAtMs: old };
  expect((await runOver(source, destination)).differences).toMatchObject([{ id: "chunk-7", kind: "stale" }]);
});
