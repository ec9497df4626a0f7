import type { Difference, VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { makeChunkMemory } from "#test/chunk-memory.ts";
import { compareMemories } from "#test/compare-memories.ts";
import { type Removable, verifyAll } from "./verify-all.ts";

function chunk(id: string, mark = "de"): WholeChunk {
  const updatedAt = "2026-03-01T00:00:00.001Z";
  return { id, entityId: "e", namespace: "n", updatedAt, fields: { mark }, vector: Float32Array.of(1, 2) };
}

const many = (prefix: string, count: number): WholeChunk[] =>
  Array.from({ length: count }, (_, index) => chunk(`${prefix}${index}`));

function begin(source: readonly WholeChunk[], destination: readonly WholeChunk[]) {
  const at = { source: makeChunkMemory("source", source), destination: makeChunkMemory("destination", destination) };
  const repairDeps = {
    stores: { source: at.source.store, destination: at.destination.store },
    writers: { source: at.source.writer, destination: at.destination.writer },
    clock: { wallMs: () => Date.UTC(2026, 2, 2), monotonicMs: () => 7 },
    pause: async () => undefined,
    onProgress: () => {},
  };
  const options = { level: "vector", lagMs: 0, rowsPerSecond: null, onRefusal: "skip" } as const;
  return {
    ...at,
    run: (
      change: (report: VerifyReport) => VerifyReport = (report) => report,
      removable: Removable = "all",
      before = 0,
    ) => {
      const compare = async () => change(await compareMemories(at));
      const removing = { mayRemove: () => removable, wasSeen: ({ id }: Difference) => id.startsWith("x") };
      const deps = { compare, repairDeps, ...removing, removedAsSeen: () => before };
      return verifyAll(options, deps, AbortSignal.timeout(5000));
    },
  };
}

test("what differs is written and removed, and nothing is left", async () => {
  const at = begin([chunk("a"), chunk("b")], [chunk("b", "other"), chunk("x")]);
  expect(await at.run()).toMatchObject({
    verified: { begunMs: 7, finishedAt: "2026-03-02T00:00:00.000Z", left: 0, written: 2, removed: 1 },
    stayed: [],
    caution: null,
  });
  expect(at.destination.chunks).toEqual(at.source.chunks);
});

test("a removal that would take most of what the destination holds isn't made, and is told", async () => {
  const at = begin(many("s", 100), [...many("s", 99), ...many("x", 101)]);
  const { verified, caution } = await at.run();
  expect(verified).toMatchObject({ left: 101, written: 1, removed: 0 });
  expect(caution).toContain("101 chunks are in the destination alone");
  at.destination.chunks.delete("x0");
  expect((await at.run()).verified).toMatchObject({ left: 0, removed: 100 });
});

test("what only the destination has stays where nobody said that it may go, and is left", async () => {
  const at = begin([chunk("a")], [chunk("x")]);
  expect(await at.run((report) => report, "none")).toMatchObject({
    verified: { left: 1, written: 1, removed: 0 },
    caution: null,
  });
  expect([...at.destination.chunks.keys()]).toEqual(["x", "a"]);
});

test("nothing is removed for a source that is empty", async () => {
  const at = begin([], many("x", 3));
  expect(await at.run()).toMatchObject({
    verified: { left: 3, removed: 0 },
    caution: expect.stringContaining("nothing was removed"),
  });
});

test("where only what was seen in the source may go, what was not seen stays and is left", async () => {
  const at = begin([chunk("a")], [chunk("a"), chunk("x1"), chunk("own")]);
  expect(await at.run((report) => report, "seen")).toMatchObject({ verified: { left: 1, removed: 1 }, caution: null });
  expect([...at.destination.chunks.keys()].toSorted()).toEqual(["a", "own"]);
});

test("a source that is being emptied empties no store that may be served", async () => {
  const at = begin(many("s", 900), [...many("s", 900), ...many("x", 101)]);
  expect(await at.run((report) => report, "seen", 0)).toMatchObject({
    verified: { removed: 0, left: 101 },
    caution: expect.stringContaining("is the source being emptied?"),
  });
  at.destination.chunks.delete("x0");
  expect(await at.run((report) => report, "seen", 1)).toMatchObject({ verified: { removed: 0, left: 100 } });
  expect(await at.run((report) => report, "seen", 0)).toMatchObject({ verified: { removed: 100, left: 0 } });
  const emptied = begin([], many("x", 3));
  expect(await emptied.run((report) => report, "seen")).toMatchObject({ verified: { removed: 0, left: 3 } });
});

test("a refused chunk and differences beyond the list are left, and the refused one is named", async () => {
  const at = begin([chunk("a"), chunk("b")], []);
  at.destination.refused.set("a", "too long");
  const beyond = (report: VerifyReport): VerifyReport => ({
    ...report,
    isListComplete: false,
    counts: { ...report.counts, missing: report.counts.missing + 40 },
  });
  expect(await at.run(beyond)).toMatchObject({
    verified: { left: 41, written: 1 },
    stayed: [{ id: "a", why: "refused", reason: "too long" }],
  });
});

test("a comparison that came to no end is the failure that it names, and repairs nothing", async () => {
  const at = begin([chunk("a")], []);
  const unknown = (reason: string) => (report: VerifyReport) => ({ ...report, outcome: "unknown" as const, reason });
  await expect(at.run(unknown("RETR_BACKEND_UNAVAILABLE: gone: for good"))).rejects.toMatchObject({
    code: "RETR_BACKEND_UNAVAILABLE",
    message: "gone: for good",
  });
  await expect(at.run(unknown("more seemed to differ"))).rejects.toMatchObject({ message: "more seemed to differ" });
  expect(at.destination.chunks.size).toBe(0);
});
