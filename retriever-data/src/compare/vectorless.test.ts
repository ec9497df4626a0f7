import { expect, test } from "vitest";
import { makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { runOver, startMs } from "#test/verify-run.ts";

const chunks = [1, 2, 3].map((row) => ({ id: `chunk-${row}`, updatedAtMs: startMs - 1_000_000 }));

function storeOf(name: string, vectorless: number | undefined) {
  return makeMemoryChunkStore(name, chunks, { vectorless });
}

test.each([
  [1, 5, "unknown", "of the destination 5 chunks have none, of the source 1"],
  [5, 5, "equal", ""],
  [5, 1, "equal", ""],
  [undefined, 5, "equal", ""],
  [0, undefined, "equal", ""],
])("of %s chunks without a vector here and %s there the outcome is %s", async (own, other, outcome, reason) => {
  const [source, destination] = [storeOf("source", own), storeOf("destination", other)];
  const found = await runOver(source, destination);
  expect([found.outcome, found.reason ?? ""]).toEqual([outcome, expect.stringContaining(reason)]);
  const named = await runOver(source, destination, { scope: { level: "vector" } });
  expect(named.outcome).toBe("equal");
});

test("what else differs is named all the same, so that it can be repaired", async () => {
  const source = makeMemoryChunkStore("source", chunks, { vectorless: 1 });
  const destination = makeMemoryChunkStore("destination", chunks.slice(1), { vectorless: 5 });
  const { outcome, counts } = await runOver(source, destination);
  expect([outcome, counts.missing]).toEqual(["drift", 1]);
});
