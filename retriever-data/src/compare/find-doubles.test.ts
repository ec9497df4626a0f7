import fc from "fast-check";
import { expect, test } from "vitest";
import { type HeldChunk, makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { makeMemoryFiles, runOver, startMs } from "#test/verify-run.ts";
import { checkpointFile } from "./run-deps.ts";

const old = startMs - 1_000_000;
const unordered = { seesDoubles: false };

function chunksOf(ids: readonly number[]): HeldChunk[] {
  return ids.map((id) => ({ id: `chunk-${id}`, updatedAtMs: old }));
}

function doublesIn(ids: readonly number[]): string[] {
  const held = ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `chunk-${id}`);
  return [...new Set(held)].toSorted();
}

test("two stores whose scans see no doubles are never equal while either holds an id twice, and all of them are counted", async () => {
  const ids = fc.array(fc.nat(30), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(ids, ids, fc.boolean(), async (own, others, isSame) => {
      const there = isSame ? own.toReversed() : others;
      const found = await runOver(
        makeMemoryChunkStore("a", chunksOf(own), unordered),
        makeMemoryChunkStore("b", chunksOf(there), unordered),
      );
      expect([found.source.doubled?.ids ?? [], found.destination.doubled?.ids ?? []]).toEqual([
        doublesIn(own),
        doublesIn(there),
      ]);
      expect(found.outcome === "unknown").toBe(doublesIn(own).length + doublesIn(there).length > 0);
    }),
  );
});

test("a run that was cut off in its first pass finds them all the same when it is resumed", async () => {
  const files = makeMemoryFiles();
  const ids = [...Array.from({ length: 60 }, (_, n) => n), 3];
  const [source, destination] = ["a", "b"].map((name) => makeMemoryChunkStore(name, chunksOf(ids), unordered));
  if (source === undefined || destination === undefined) throw new Error("two stores");
  const cut = new AbortController();
  source.onRead = () => {
    if (source.seen.pages === 4) cut.abort();
  };
  await runOver(source, destination, { deps: { files }, checkpointMs: 0, signal: cut.signal });
  expect(files.held.has(checkpointFile)).toBe(true);
  source.onRead = () => {};
  const found = await runOver(source, destination, { deps: { files }, isResumed: true });
  expect(found.reason).toMatch(
    /^RETR_VERIFY_DUPLICATE_IDS: .*the source holds "chunk-3".*the destination holds "chunk-3"/,
  );
});
