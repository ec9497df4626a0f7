import { RetrieverError } from "@retriever/stores/errors.ts";
import type { WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChunkMemory, makeChunkMemory } from "#test/chunk-memory.ts";
import { type Filled, fill } from "./fill.ts";

/** None of them a whole second. */
const time = (second: number): string => new Date(Date.UTC(2026, 2, 1, 0, 0, 0, 3 + second * 7)).toISOString();

function chunk(id: string, second: number | null, mark = "de"): WholeChunk {
  const updatedAt = second === null ? null : time(second);
  return { id, entityId: "e", namespace: "n", updatedAt, fields: { lang: mark }, vector: Float32Array.of(1, 2) };
}

const many = (count: number, second = 1): WholeChunk[] =>
  Array.from({ length: count }, (_, index) => chunk(`c${index}`, second));

type Scene = { readonly source: ChunkMemory; readonly destination: ChunkMemory };

function scene(source: readonly WholeChunk[], destination: readonly WholeChunk[]): Scene {
  return { source: makeChunkMemory("source", source), destination: makeChunkMemory("destination", destination) };
}

const options = { level: "vector", rowsPerSecond: null, batchSize: 5, atOnce: 2 } as const;

function copy(
  { source, destination }: Scene,
  change: {
    readonly signal?: AbortSignal;
    readonly rowsPerSecond?: number;
    readonly pauses?: number[];
    readonly isEmpty?: boolean;
    readonly level?: "vector" | "ids";
  } = {},
): Promise<Filled> {
  const {
    signal = AbortSignal.timeout(10_000),
    rowsPerSecond = null,
    pauses = [],
    isEmpty = false,
    level = "vector",
  } = change;
  const deps = {
    source,
    destination,
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    pause: async (ms: number) => void pauses.push(ms),
    random: () => 0.5,
    onNote: () => {},
    onProgress: () => {},
  };
  return fill({ ...options, level, rowsPerSecond, isEmpty }, deps, signal);
}

test("an empty destination gets every chunk, each once", async () => {
  const at = scene(many(23), []);
  expect(await copy(at)).toEqual({ read: 23, held: 0, written: 23, replaced: 0, refused: [] });
  expect([...at.destination.chunks.values()]).toEqual([...at.source.chunks.values()]);
  expect(at.destination.changes.flatMap(({ ids }) => ids)).toHaveLength(23);
  expect(at.source.changes).toEqual([]);
});

test("a destination that says of no chunk when it was written keeps what it holds, and gets what it lacks", async () => {
  const own = [chunk("c0", null, "own"), chunk("c7", null, "own")];
  const at = scene(many(23), own);
  expect(await copy(at, { level: "ids" })).toMatchObject({ held: 2, written: 21, replaced: 0, refused: [] });
  for (const each of own) expect(at.destination.chunks.get(each.id)).toEqual(each);
});

test("of chunks that the source holds twice none is written, and they are named", async () => {
  const at = scene(many(7), []);
  const { writer } = at.source;
  const scan: typeof writer.scan = async function* (...asked) {
    for await (const batch of writer.scan(...asked))
      yield { ...batch, chunks: batch.chunks.flatMap((each) => (each.id === "c3" ? [each, each] : [each])) };
  };
  const doubling = { ...at, source: { ...at.source, writer: { ...writer, scan } } };
  const reason = "the source holds it more than once; remove the doubles";
  expect((await copy(doubling)).refused).toEqual([{ id: "c3", why: "refused", reason }]);
  expect(at.destination.chunks.size).toBe(6);
});

test("an empty destination isn't asked for what it holds, and what comes in meanwhile stays", async () => {
  const at = scene(many(23), []);
  let calls = 0;
  at.destination.onCall = () => {
    calls += 1;
    at.destination.chunks.set("c22", chunk("c22", 0, "own"));
  };
  expect(await copy(at, { isEmpty: true })).toMatchObject({ read: 23, refused: [] });
  expect(calls).toBe(5);
  expect(at.destination.chunks.size).toBe(23);
  expect(at.destination.chunks.get("c22")?.fields["lang"]).toBe("own");
});

test("what the destination has older is replaced, what it has as new or newer stays", async () => {
  const at = scene(
    [chunk("old", 5), chunk("same", 5), chunk("new", 5), chunk("undated", null)],
    [
      chunk("old", 4, "before"),
      chunk("same", 5, "own"),
      chunk("new", 6, "own"),
      chunk("undated", 1, "own"),
      chunk("only", 1, "own"),
    ],
  );
  expect(await copy(at)).toMatchObject({ written: 0, replaced: 1, held: 3 });
  const marks = Object.fromEntries(Array.from(at.destination.chunks, ([id, { fields }]) => [id, fields["lang"]]));
  expect(marks).toEqual({ old: "de", same: "own", new: "own", undated: "own", only: "own" });
});

test("a chunk that somebody else writes while it is copied isn't written over", async () => {
  const at = scene([chunk("a", 1), chunk("b", 3)], [chunk("b", 2)]);
  // After the look-up, which is the first call, the application writes both at the destination.
  let calls = 0;
  at.destination.onCall = () => {
    calls += 1;
    if (calls === 3) for (const id of ["a", "b"]) at.destination.chunks.set(id, chunk(id, 9, "own"));
  };
  await copy(at);
  expect([...at.destination.chunks.values()].map(({ fields }) => fields["lang"])).toEqual(["own", "own"]);
});

test("what is held already is passed over without reading it whole", async () => {
  const at = scene(many(500), many(480));
  expect(await copy(at)).toMatchObject({ read: 500, written: 20 });
  const full = scene(many(500), many(500));
  expect(await copy(full)).toMatchObject({ read: 500, held: 500 });
  expect(full.source.wholePages).toBe(0);
  expect(full.destination.changes).toEqual([]);
});

test("behind a gap that was filled, held chunks are passed over again", async () => {
  const at = scene(many(2000), many(2000).slice(10));
  await copy(at);
  expect(at.destination.chunks.size).toBe(2000);
  expect(at.source.wholePages).toBeLessThan(40);
});

test("each chunk that the destination refuses is named with its reason, and the others are written", async () => {
  const at = scene(many(12), []);
  at.destination.refused.set("c3", "too long").set("c7", "too long");
  const filled = await copy(at);
  expect(filled).toMatchObject({ written: 10, read: 12 });
  expect(filled.refused).toEqual(["c3", "c7"].map((id) => ({ id, why: "refused", reason: "too long" })));
});

test("a chunk that the destination holds under another spelling of its id isn't written a second time", async () => {
  const [upper, lower] = ["6B83B9D0-0000-4000-8000-0123456789AB", "6b83b9d0-0000-4000-8000-0123456789ab"];
  const at = scene([chunk(upper, 1), chunk("007", 1), chunk("a", 1)], [chunk(lower, 1), chunk("7", 1)]);
  const { refused, written } = await copy(at);
  expect([refused.map(({ id }) => id), written]).toEqual([[upper, "007"], 1]);
  expect(refused[0]?.reason).toBe(
    `the destination holds it as "${lower}", and would hold it twice; rename or remove one of the two`,
  );
});

test("a store that fails for a moment is asked again, and one that goes on failing ends the copy", async () => {
  const unavailable = (): never => {
    throw new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "gone" });
  };
  const at = scene(many(20), []);
  let calls = 0;
  at.destination.onCall = () => void ((calls += 1) % 4 === 3 && unavailable());
  await copy(at);
  expect(at.destination.chunks.size).toBe(20);
  at.source.chunks.set("late", chunk("late", 1));
  at.destination.onCall = unavailable;
  await expect(copy(at)).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
  expect(at.destination.chunks.has("late")).toBe(false);
});

test("with a budget both stores get pauses", async () => {
  const pauses: number[] = [];
  await copy(scene(many(20), []), { rowsPerSecond: 100, pauses });
  expect(pauses.length).toBeGreaterThanOrEqual(8);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(100);
});

test("wherever a copy is cut off, another one brings the destination to what an undisturbed one does", async () => {
  const held = fc.array(fc.tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 4 })), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(held, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }), async (before, cuts) => {
      const at = scene(many(60, 2), [...new Map(before.map(([n, s]) => [n, chunk(`c${n}`, s, "own")])).values()]);
      const newer = [...at.destination.chunks.values()].filter(({ updatedAt }) => (updatedAt ?? "") >= time(2));
      for (const cut of cuts) {
        const stopping = new AbortController();
        let calls = 0;
        at.destination.onCall = () => void ((calls += 1) === cut && stopping.abort());
        await copy(at, { signal: stopping.signal }).catch(() => undefined);
      }
      at.destination.onCall = () => {};
      await copy(at);
      for (const [id, chunk] of at.source.chunks)
        expect(at.destination.chunks.get(id)).toEqual(newer.find((each) => each.id === id) ?? chunk);
    }),
    { numRuns: 60 },
  );
});
