// What every adapter's writer must do, run on each of them.
import { expect, test } from "vitest";
import type { ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";

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

/** Registers the suite's tests. The writer's store holds none of the suite's ids, and knows the fields `lang` and `pages`. */
export function describeChunkWriter(writer: () => ChunkWriter): void {
  const fetchAll = async (ids: readonly string[]): Promise<readonly WholeChunk[]> => {
    const found = await writer().fetch(ids, limit());
    return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };

  test("a chunk that was written is fetched as it was, its vector to the last bit", async () => {
    const chunk = makeChunk("whole");
    expect(await writer().upsert([chunk], limit())).toEqual([]);
    const [found] = await fetchAll(["whole", "absent"]);
    expect(found).toEqual(chunk);
    expect(Object.is(found?.vector?.at(-1), -0)).toBe(true);
  });

  test("ids with quotes, backslashes, braces and other scripts are ids like any other", async () => {
    const ids = ['"', "'; DROP", "\\", "{a,b}", "número", "識別", "NULL", " "];
    await writer().upsert(
      ids.map((id) => makeChunk(id)),
      limit(),
    );
    expect((await fetchAll(ids)).map(({ id }) => id)).toEqual(ids.toSorted());
    await writer().remove(ids, limit());
    expect(await fetchAll(ids)).toEqual([]);
  });

  test("a chunk replaces an older one and one of the same time, and again changes nothing", async () => {
    const old = makeChunk("older", { updatedAt: "2026-02-01T00:00:00.000Z", fields: { lang: "en", pages: null } });
    const now = makeChunk("older", { entityId: "entity-2", namespace: "odd" });
    await writer().upsert([old], limit());
    expect(await writer().upsert([now], limit())).toEqual([]);
    expect(await writer().upsert([{ ...now, fields: { lang: "fr", pages: 3 } }], limit())).toEqual([]);
    expect(await writer().upsert([now], limit())).toEqual([]);
    expect(await fetchAll(["older"])).toEqual([now]);
  });

  test("a chunk never replaces a newer one, and its id comes back", async () => {
    const newer = makeChunk("newer", { updatedAt: "2026-03-01T00:00:00.001Z" });
    await writer().upsert([newer], limit());
    const late = [makeChunk("newer"), makeChunk("newer-2")];
    expect(await writer().upsert(late, limit())).toEqual(["newer"]);
    expect((await fetchAll(["newer", "newer-2"])).map(({ updatedAt }) => updatedAt)).toEqual([
      newer.updatedAt,
      "2026-03-01T00:00:00.000Z",
    ]);
  });

  test("a chunk without a time replaces none that has one, and is replaced by it", async () => {
    const timeless = makeChunk("timeless", { updatedAt: null });
    expect(await writer().upsert([timeless], limit())).toEqual([]);
    expect(await writer().upsert([makeChunk("timeless")], limit())).toEqual([]);
    expect(await writer().upsert([timeless], limit())).toEqual(["timeless"]);
  });

  test("what isn't there is removed without a word", async () => {
    await writer().upsert([makeChunk("goner")], limit());
    await writer().remove(["goner", "never"], limit());
    await writer().remove(["goner"], limit());
    expect(await fetchAll(["goner", "never"])).toEqual([]);
  });

  test("nothing is asked of the store for no chunks, and an aborted signal ends a write as a deadline", async () => {
    expect(await writer().upsert([], AbortSignal.abort())).toEqual([]);
    expect(await writer().fetch([], limit())).toEqual([]);
    const aborted = writer().upsert([makeChunk("aborted")], AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
  });

  test("a thousand chunks are written and fetched at once", async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `many-${index}`);
    await writer().upsert(
      ids.map((id) => makeChunk(id)),
      limit(),
    );
    expect(await fetchAll(ids)).toHaveLength(1000);
  });
}
