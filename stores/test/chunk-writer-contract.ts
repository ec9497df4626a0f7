// What every adapter's writer must do, run on each of them.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChunkWrite, ChunkWriter, LeftChunk, StoredChunk, WholeBatch, WholeChunk } from "#ports/chunk-store.ts";

/** A chunk with fields `lang` and `pages`, of eight numbers. */
export function makeChunk(id: string, change: Partial<WholeChunk> = {}): WholeChunk {
  return {
    id,
    entityId: "entity-1",
    namespace: "even",
    updatedAt: "2026-03-01T00:00:00.000Z",
    fields: { lang: "de", pages: 12 },
    vector: Float32Array.of(0.1, -0.2, 1 / 3, 1e-20, 3.4e38, -1, 0, -0),
    ...change,
  };
}

export const limit = (): AbortSignal => AbortSignal.timeout(10_000);

/** Writes chunks over whatever the store holds of them now. */
export async function put(writer: ChunkWriter, chunks: readonly WholeChunk[]): Promise<readonly LeftChunk[]> {
  const held = new Map(
    (
      await writer.fetch(
        chunks.map(({ id }) => id),
        limit(),
      )
    ).map((chunk) => [chunk.id, chunk.version]),
  );
  return writer.write(
    chunks.map((chunk) => ({ chunk, over: held.get(chunk.id) ?? null })),
    limit(),
  );
}

export async function fetchAll(writer: ChunkWriter, ids: readonly string[]): Promise<readonly StoredChunk[]> {
  return (await writer.fetch(ids, limit())).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function scanAll(writer: ChunkWriter, after: string | null): Promise<WholeBatch[]> {
  const batches: WholeBatch[] = [];
  for await (const batch of writer.scan({ after, pageSize: 3 }, limit())) batches.push(batch);
  return batches;
}

async function fetchOne(writer: ChunkWriter, id: string): Promise<StoredChunk> {
  const [chunk] = await writer.fetch([id], limit());
  if (chunk === undefined) throw new Error(`${id} isn't there`);
  return chunk;
}

/** Registers the suite's tests. The writer's store holds none of the suite's ids, and knows the fields `lang` and `pages`. */
export function describeChunkWriter(writer: () => ChunkWriter): void {
  test("a chunk that was written is fetched as it was, its vector to the last bit", async () => {
    const chunk = makeChunk("whole");
    expect(await put(writer(), [chunk])).toEqual([]);
    const [found] = await fetchAll(writer(), ["whole", "absent"]);
    expect(found).toMatchObject(chunk);
    expect(Object.is(found?.vector?.at(-1), -0)).toBe(true);
  });

  test("ids with quotes, backslashes, braces and other scripts are ids like any other", async () => {
    const ids = ['"', "'; DROP", "\\", "{a,b}", "número", "識別", "NULL", " ", "\u{feff}mark"];
    await put(
      writer(),
      ids.map((id) => makeChunk(id)),
    );
    const found = await fetchAll(writer(), ids);
    expect(found.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(await writer().remove(found, limit())).toEqual([]);
    expect(await fetchAll(writer(), ids)).toEqual([]);
  });

  test("a chunk replaces what was read, and its version is another one then", async () => {
    await put(writer(), [makeChunk("older", { fields: { lang: "en", pages: null } })]);
    const before = await fetchOne(writer(), "older");
    const now = makeChunk("older", { entityId: "entity-2", namespace: "odd", fields: { lang: "fr", pages: 3 } });
    expect(await writer().write([{ chunk: now, over: before.version }], limit())).toEqual([]);
    const after = await fetchOne(writer(), "older");
    expect(after).toMatchObject(now);
    expect(after.version).not.toBe(before.version);
    expect((await fetchOne(writer(), "older")).version).toBe(after.version);
  });

  test("what isn't any more what was read is neither replaced nor removed, and its id comes back", async () => {
    await put(writer(), [makeChunk("moved"), makeChunk("still")]);
    const before = await fetchAll(writer(), ["moved", "still"]);
    const newer = makeChunk("moved", { updatedAt: "2026-03-01T00:00:09.000Z", fields: { lang: "es", pages: 1 } });
    await put(writer(), [newer]);
    const late = before.map(({ id, version }) => ({ chunk: makeChunk(id, { entityId: "late" }), over: version }));
    expect(await writer().write(late, limit())).toEqual([{ id: "moved", why: "changed" }]);
    expect(await fetchAll(writer(), ["moved", "still"])).toMatchObject([newer, { entityId: "late" }]);
    expect((await writer().remove(before, limit())).map(({ id, why }) => `${id} ${why}`).toSorted()).toEqual([
      "moved changed",
      "still changed",
    ]);
    expect(await fetchAll(writer(), ["moved", "still"])).toHaveLength(2);
  });

  test("a chunk is new only where the store has none; one that came in between stays", async () => {
    await put(writer(), [makeChunk("first")]);
    const late = ["first", "second"].map((id) => ({ chunk: makeChunk(id, { entityId: "late" }), over: null }));
    expect(await writer().write(late, limit())).toEqual([{ id: "first", why: "changed" }]);
    expect((await fetchAll(writer(), ["first", "second"])).map(({ entityId }) => entityId)).toEqual([
      "entity-1",
      "late",
    ]);
  });

  test("a chunk that was removed in between isn't made anew by a write over it", async () => {
    await put(writer(), [makeChunk("away")]);
    const before = await fetchOne(writer(), "away");
    expect(await writer().remove([before], limit())).toEqual([]);
    await writer().write([{ chunk: makeChunk("away"), over: before.version }], limit());
    const after = await writer().fetch(["away"], limit());
    // Qdrant's conditional upsert inserts what isn't there: nothing is lost by it.
    expect(after.length).toBeLessThanOrEqual(1);
    expect(await writer().remove([before], limit())).toEqual(
      [{ id: "away", why: "changed" }].slice(after.length === 1 ? 1 : 0),
    );
  });

  test("what a chunk doesn't speak of stays as it is", async () => {
    await put(writer(), [makeChunk("silent")]);
    const { vector } = await fetchOne(writer(), "silent");
    const silent = { id: "silent", entityId: undefined, namespace: undefined, updatedAt: undefined, vector: null };
    await put(writer(), [{ ...silent, fields: { pages: 13 } }]);
    expect(await fetchOne(writer(), "silent")).toMatchObject({
      ...makeChunk("silent"),
      fields: { lang: "de", pages: 13 },
      vector,
    });
    await put(writer(), [{ ...silent, fields: { lang: null } }]);
    const { lang = null, pages } = (await fetchOne(writer(), "silent")).fields;
    expect([lang, pages]).toEqual([null, 13]);
  });

  test("a store that may be written is inspected without a fault", async () => {
    await expect(writer().inspect("read", limit())).resolves.toEqual([]);
    expect(await writer().write([{ chunk: makeChunk("there"), over: null }], limit())).toEqual([]);
    await expect(writer().inspect("write", limit())).resolves.toEqual([]);
  });

  test("checking writes nothing", async () => {
    expect(await writer().check([{ chunk: makeChunk("tried"), over: null }], limit())).toEqual([]);
    expect(await writer().fetch(["tried"], limit())).toEqual([]);
  });

  test("nothing is asked of the store for no chunks, and an aborted signal ends a write as a deadline", async () => {
    expect(await writer().write([], AbortSignal.abort())).toEqual([]);
    expect(await writer().remove([], AbortSignal.abort())).toEqual([]);
    expect(await writer().fetch([], limit())).toEqual([]);
    const aborted = writer().write([{ chunk: makeChunk("aborted"), over: null }], AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
  });

  test("chunks that the store lacks are loaded whole, and one that it holds stays as it is", async () => {
    await put(writer(), [makeChunk("load-held")]);
    const chunks = ["load-held", "load-a", "load-b"].map((id) => makeChunk(id, { entityId: "loaded" }));
    expect((await writer().load(chunks, limit())).filter(({ why }) => why === "refused")).toEqual([]);
    expect(await fetchAll(writer(), ["load-held", "load-a", "load-b"])).toMatchObject([
      makeChunk("load-a", { entityId: "loaded" }),
      makeChunk("load-b", { entityId: "loaded" }),
      makeChunk("load-held"),
    ]);
  });

  test("a scan gives every chunk once, whole, and goes on behind any of its batches", async () => {
    const ids = Array.from({ length: 7 }, (_, index) => `scan-${index}`);
    await writer().load(
      ids.map((id) => makeChunk(id)),
      limit(),
    );
    const all = await scanAll(writer(), null);
    const whole = all.flatMap(({ chunks }) => chunks);
    expect(whole.filter(({ id }) => ids.includes(id)).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject(
      ids.map((id) => makeChunk(id)),
    );
    expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
    expect(all.every(({ chunks, count }) => chunks.length === count && count <= 3)).toBe(true);
    const rest = await scanAll(writer(), all[1]?.cursor ?? "");
    const seen = new Set(all.slice(0, 2).flatMap(({ chunks }) => chunks.map(({ id }) => id)));
    expect(rest.flatMap(({ chunks }) => chunks.map(({ id }) => id))).toEqual(
      whole.map(({ id }) => id).filter((id) => !seen.has(id)),
    );
  });

  test("a thousand chunks are written and fetched at once", async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `many-${index}`);
    expect(
      await put(
        writer(),
        ids.map((id) => makeChunk(id)),
      ),
    ).toEqual([]);
    expect(await fetchAll(writer(), ids)).toHaveLength(1000);
  });

  test("however reads, writes and removals follow each other, only what was read last is replaced or removed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        expect(await mistakesOf(writer(), acts)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
}

const lawIds = ["law-1", "law-2"] as const;
const id = fc.constantFrom(...lawIds);
/** `other`: somebody else writes, without regard to what is held. */
const act = fc.record({
  what: fc.constantFrom("read" as const, "write" as const, "other" as const, "remove" as const),
  id,
  mark: fc.integer({ min: 0, max: 99 }),
});
type Act = { readonly what: "read" | "write" | "other" | "remove"; readonly id: string; readonly mark: number };
type Seen = { readonly version: string | null; readonly pages: number | undefined };

/** What a writer did otherwise than a compare-and-swap on `pages` would. */
async function mistakesOf(writer: ChunkWriter, acts: readonly Act[]): Promise<string[]> {
  await writer.remove(await writer.fetch(lawIds, limit()), limit());
  const truth = new Map<string, number>();
  const read = new Map<string, Seen>();
  const mistakes: string[] = [];
  for (const each of acts) {
    const chunk = makeChunk(each.id, { fields: { lang: "de", pages: each.mark } });
    const seen = read.get(each.id);
    if (each.what === "read") {
      const [found] = await writer.fetch([each.id], limit());
      read.set(each.id, { version: found?.version ?? null, pages: found?.fields["pages"] as number | undefined });
    } else if (each.what === "other") {
      await put(writer, [chunk]);
      truth.set(each.id, each.mark);
    } else if (seen !== undefined && (each.what === "write" || seen.version !== null)) {
      const left = await swap(writer, each.what, { chunk, over: seen.version });
      const isCurrent = seen.pages === truth.get(each.id);
      // A write over what is gone by now may make it anew or not: nothing is lost either way.
      const isFree = each.what === "write" && seen.version !== null && !truth.has(each.id);
      if (!isFree && (left.length === 0) !== isCurrent) mistakes.push(`${each.what} of ${each.id}: ${left.length}`);
      if (left.length === 0 && each.what === "write") truth.set(each.id, each.mark);
      if (left.length === 0 && each.what === "remove") truth.delete(each.id);
    }
  }
  const found = await fetchAll(writer, lawIds);
  const held = JSON.stringify(found.map((chunk) => [chunk.id, chunk.fields["pages"]]));
  const expected = JSON.stringify([...truth].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return held === expected ? mistakes : [...mistakes, `${held} for ${expected}`];
}

function swap(
  writer: ChunkWriter,
  what: "write" | "other" | "remove",
  write: ChunkWrite,
): Promise<readonly LeftChunk[]> {
  if (what === "write") return writer.write([write], limit());
  return writer.remove([{ id: write.chunk.id, version: write.over ?? "" }], limit());
}
