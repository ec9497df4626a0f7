// What every adapter's chunk store must do, run on each of them.
import { expect, test } from "vitest";
import { idTextAt } from "#chunks/ids.ts";
import type { ChunkStore, ScanOptions } from "#ports/chunk-store.ts";
import { makePoints } from "./points.ts";

const limit = (): AbortSignal => AbortSignal.timeout(10_000);
const whole: ScanOptions = { level: "vector", sinceMs: null, after: null, pageSize: 7 };

/** How the suite reaches a store over the test's forty points; their agreed fields are `lang` and `pages`. */
type ChunkStoreUnderTest = {
  readonly store: () => ChunkStore;
  /** The same by another collection or table, which isn't there. */
  readonly missing: () => ChunkStore;
  /** Nobody listens there. */
  readonly unreachable: () => ChunkStore;
  /** Whether it holds the directions of the vectors alone. */
  readonly isNormalised?: boolean;
};

type ReadChunk = {
  readonly id: string;
  readonly updatedAtMs: number;
  readonly payload: string | undefined;
  readonly vector: readonly number[] | undefined;
};

/** Every chunk of a scan as an object, and the cursors of its batches. */
export async function readAll(store: ChunkStore, options: Partial<ScanOptions> = {}) {
  const chunks: ReadChunk[] = [];
  const cursors: string[] = [];
  const doubledIds: string[] = [];
  for await (const batch of store.scan({ ...whole, ...options }, limit())) {
    const { updatedAtMs, payloadDigests, vectors } = batch;
    for (let row = 0; row < batch.count; row += 1) {
      chunks.push({
        id: idTextAt(batch, row),
        updatedAtMs: updatedAtMs[row] as number,
        payload: payloadDigests?.slice(row * 2, row * 2 + 2).join(),
        vector: vectors === null ? undefined : Array.from(vectors.subarray(row * 8, row * 8 + 8)),
      });
    }
    cursors.push(batch.cursor);
    doubledIds.push(...(batch.doubledIds ?? []));
  }
  return { chunks: chunks.toSorted((a, b) => (a.id < b.id ? -1 : 1)), cursors, doubledIds };
}

/** Registers the suite's tests. */
export function describeChunkStore(under: ChunkStoreUnderTest): void {
  const points = makePoints(40);
  const ids = points.map(({ payload }) => payload["chunk_id"] as string);

  test("a scan gives every chunk once, with its time, its payload's digest and its vector", async () => {
    const { chunks, cursors } = await readAll(under.store());
    expect(chunks.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(cursors.length).toBeGreaterThan(4);
    const [chunk] = chunks;
    expect(chunk?.updatedAtMs).toBe(Date.UTC(2026, 0, 1));
    expect(chunk?.payload).toBe(payloadOfChunk0);
    expect(new Set(chunks.map(({ payload }) => payload)).size).toBe(40);
    const sent = points[0]?.vector ?? [];
    const length = under.isNormalised === true ? Math.hypot(...sent) : 1;
    for (const [row, value] of (chunk?.vector ?? []).entries())
      expect(value).toBeCloseTo((sent[row] as number) / length, 6);
  });

  test("a scan goes on behind any batch and gives the rest, each chunk once", async () => {
    const { cursors } = await readAll(under.store(), { level: "fresh" });
    for (const [index, after] of cursors.entries()) {
      const { chunks } = await readAll(under.store(), { level: "fresh", after });
      expect(chunks).toHaveLength(cursors.length - 1 === index ? 0 : chunks.length);
      const before = await headOf(under.store(), index + 1);
      expect(new Set([...before, ...chunks.map(({ id }) => id)]).size).toBe(before.length + chunks.length);
      expect(before.length + chunks.length).toBe(40);
    }
  });

  test("lower levels ask for less and say nothing of the rest", async () => {
    const { chunks: onlyIds } = await readAll(under.store(), { level: "ids" });
    expect(onlyIds.every((chunk) => Number.isNaN(chunk.updatedAtMs) && chunk.payload === undefined)).toBe(true);
    const { chunks: fresh } = await readAll(under.store(), { level: "fresh" });
    expect(fresh.every((chunk) => chunk.updatedAtMs > 0 && chunk.vector === undefined)).toBe(true);
    expect(fresh).toHaveLength(40);
  });

  test("a scan since a moment gives what was written at it and later", async () => {
    const { chunks } = await readAll(under.store(), { level: "fresh", sinceMs: Date.UTC(2026, 0, 1, 0, 0, 30) });
    expect(chunks.map(({ id }) => id)).toEqual(ids.slice(30).toSorted());
  });

  test("chunks are looked up by id, missing ones are left out, and what is said equals what a scan says", async () => {
    const asked = [
      "chunk-3",
      "absent",
      "chunk-0",
      "it's",
      "\\",
      '"',
      "12",
      "0",
      "10000000-0000-4000-8000-000000000000",
    ];
    const found = await under.store().lookUp(asked, "vector", limit());
    expect(found.map(({ id }) => id).toSorted()).toEqual(["chunk-0", "chunk-3"]);
    const first = found.find(({ id }) => id === "chunk-0");
    expect(first).toMatchObject({ namespace: "even", updatedAtMs: Date.UTC(2026, 0, 1) });
    expect(first?.vector).toHaveLength(8);
    expect(first?.payloadDigest).toBe(hexOfChunk0);
    const [plain] = await under.store().lookUp(["chunk-3"], "ids", limit());
    expect(plain).toEqual({ id: "chunk-3", namespace: "odd", updatedAtMs: null, payloadDigest: null, vector: null });
    expect(await under.store().lookUp([], "fresh", limit())).toEqual([]);
  });

  test("a store says what it is", async () => {
    const description = await under.store().describe(limit());
    expect(description).toMatchObject({
      dimension: 8,
      metric: "cosine",
      precision: "float32",
      idKind: "text",
      count: 40,
    });
    expect(description.someIds.length).toBeGreaterThan(5);
    expect(ids).toEqual(expect.arrayContaining([...description.someIds]));
  });

  test("a missing and an unreachable store are told apart, whatever is asked of them", async () => {
    for (const [make, code] of [
      [under.missing, "RETR_BACKEND_MISSING"],
      [under.unreachable, "RETR_BACKEND_UNAVAILABLE"],
    ] as const) {
      const store = make();
      await expect(store.describe(limit())).rejects.toMatchObject({ code });
      await expect(readAll(store)).rejects.toMatchObject({ code });
      await expect(store.lookUp(["a"], "ids", limit())).rejects.toMatchObject({ code });
      await store.close();
    }
  });

  test("an aborted signal ends a scan and a look-up as a deadline, and the store serves on", async () => {
    const store = under.store();
    await expect(store.lookUp(["chunk-1"], "ids", AbortSignal.abort())).rejects.toMatchObject({
      code: "RETR_DEADLINE_EXCEEDED",
    });
    const stopping = new AbortController();
    const reading = (async () => {
      for await (const batch of store.scan(whole, stopping.signal)) if (batch.count > 0) stopping.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
    expect((await readAll(store, { level: "ids" })).chunks).toHaveLength(40);
  });

  test("whoever stops reading leaves the store free for the next scan", async () => {
    expect(await headOf(under.store(), 1)).toHaveLength(7);
    expect((await readAll(under.store(), { level: "ids" })).chunks).toHaveLength(40);
  });
}

/** The same in every store: entity-0, even, lang de, pages 0. */
const payloadOfChunk0 = "-1520478948,-1751952082";
const hexOfChunk0 = payloadOfChunk0
  .split(",")
  .map((word) => (Number(word) >>> 0).toString(16).padStart(8, "0"))
  .join("");

async function headOf(store: ChunkStore, batches: number): Promise<string[]> {
  const ids: string[] = [];
  let seen = 0;
  for await (const batch of store.scan({ ...whole, level: "fresh" }, limit())) {
    for (let row = 0; row < batch.count; row += 1) ids.push(idTextAt(batch, row));
    seen += 1;
    if (seen === batches) break;
  }
  return ids;
}
