// A point that somebody else writes between the reading and the writing, in every way in which conditions may miss it.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ChunkWriter, StoredChunk } from "#ports/chunk-store.ts";
import { fetchAll, limit, makeChunk } from "#test/chunk-writer-contract.ts";
import { type CollectionSettings, type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makeSpec } from "#test/spec.ts";
import { parseExact } from "#values/exact-json.ts";
import { makeQdrantChunkWriter } from "./chunk-writer.ts";

const time = "2026-03-01T00:00:00.000Z";
let server: FakeQdrant;
let collection: CollectionSettings;
let held: HeldPoints;
let writer: ChunkWriter;

beforeAll(async () => {
  server = await startFakeQdrant({ points: [], apiKey: "key" });
});

beforeEach(async () => {
  held = new Map();
  collection = { strict: {}, indexes: {}, version: "1.18.3" };
  serveHeldPoints(server, held, collection);
  await writer?.close();
  const spec = makeSpec("qdrant", {
    url: server.url,
    collection: "chunks",
    apiKey: "key",
    namespaceField: "meta.tenant",
  });
  writer = makeQdrantChunkWriter(spec, { identity: { kind: "qdrant", label: "", digest: "" }, fields: ["lang"] });
});

afterAll(async () => {
  await writer.close();
  await server.close();
});

type Payload = Readonly<Record<string, unknown>>;

function hold(id: number, payload: Payload, vector: unknown = [1, 2]): void {
  held.set(String(id), { id, payload: { chunk_id: String(id), updated_at: time, ...payload }, vector });
}

const payloadOf = (id: number): unknown => held.get(String(id))?.payload;

/** Whoever else writes does it just before the request that this is for. */
function before(isIt: (url: string) => boolean, write: () => void): void {
  const usual = server.behave;
  let isDone = false;
  server.behave = (request, response) => {
    if (!isDone && isIt(request.url ?? "")) {
      isDone = true;
      write();
    }
    return usual?.(request, response);
  };
}

const isConditional = (url: string): boolean => url.includes("wait=true");
const isReread = (url: string): boolean => /\/points\?timeout/.test(url);

const one = parseExact("1.0");
const changes: readonly (readonly [string, Payload, Payload])[] = [
  ["a value of a key with a blank", { "a b": 1 }, { "a b": 2 }],
  ["a value of a key with a dot", { "a.b": "x" }, { "a.b": "y" }],
  ["a value of a key in another script", { größe: true }, { größe: false }],
  ["a value of the empty key", { "": 1 }, { "": 2 }],
  ["a value of a key like a path", { "a[0]": 1 }, { "a[0]": 2 }],
  ["a value in an object", { a: { "b c": { d: 1 } } }, { a: { "b c": { d: 2 } } }],
  ["a list's element", { tags: ["a", "b"] }, { tags: ["a", "c"] }],
  ["a list's order", { tags: ["a", "b"] }, { tags: ["b", "a"] }],
  ["an element more", { tags: ["a", "b"] }, { tags: ["a", "b", "b"] }],
  ["an element less", { tags: ["a", "a"] }, { tags: ["a"] }],
  ["a list in place of its element", { tags: "a" }, { tags: ["a"] }],
  ["an element in place of its list", { tags: ["a", "b"] }, { tags: "a" }],
  ["an element of another type", { tags: [1, null, true] }, { tags: [1, null, "true"] }],
  ["a value in a list of objects", { refs: [{ a: 1 }, { a: 2 }] }, { refs: [{ a: 2 }, { a: 1 }] }],
  ["a value in a list of lists", { grid: [[1], [2]] }, { grid: [[1], [3]] }],
  ["null in place of a value", { a: 1 }, { a: null }],
  ["a value in place of null", { a: null }, { a: 1 }],
  ["an empty list in place of null", { a: null }, { a: [] }],
  ["null in place of an empty list", { a: [] }, { a: null }],
  ["a list of null in place of null", { a: null }, { a: [null] }],
  ["a removed key", { a: null }, {}],
  ["an object in place of an empty one", { a: {} }, { a: [] }],
  ["a whole number in place of a fraction", { a: one }, { a: 1 }],
  ["a fraction in place of a whole number", { a: 1 }, { a: one }],
  ["a number in place of its text", { a: "1" }, { a: 1 }],
  ["a configured key that it lacked", {}, { lang: "fr" }],
  ["a configured key in an object", {}, { meta: { tenant: "acme" } }],
  ["a configured key that is null now", {}, { lang: null }],
  ["a key that has an index", {}, { indexed: "x" }],
  ["a key that another point has", {}, { "of another": "x" }],
];

test.each(changes)("%s, changed after the last reading, stays, and the chunk with it", async (_, was, is) => {
  collection.indexes = { indexed: { data_type: "keyword" } };
  hold(1, was);
  hold(2, { "of another": 1, lang: "de" });
  const [removed, other] = (await fetchAll(writer, ["1", "2"])) as readonly [StoredChunk, StoredChunk];
  const now = { chunk_id: "1", updated_at: time, ...is };
  const ofOther = { chunk: makeChunk("2", { updatedAt: undefined }), over: other.version };
  before(isConditional, () => hold(1, is));
  expect(await writer.remove([removed], limit())).toEqual([{ id: "1", why: "changed" }]);
  expect(payloadOf(1)).toEqual(now);
  hold(1, was);
  before(isConditional, () => hold(1, is));
  expect(await writer.write([{ chunk: makeChunk("1"), over: removed.version }, ofOther], limit())).toEqual([
    { id: "1", why: "changed" },
  ]);
  expect(held.get("1")).toMatchObject({ payload: now, vector: [1, 2] });
});

test.each([
  ["a key that nobody expects", () => hold(1, { lang: "de", reviewed: true })],
  ["a member of an object", () => hold(1, { lang: "de", meta: { more: 1 } })],
  ["a key with a quote", () => hold(1, { lang: "de", 'a"b': 1 })],
  ["a vector alone", () => hold(1, { lang: "de" }, [5, 6])],
])("%s that comes after the plan was made is seen when the point is read once more", async (_, write) => {
  hold(1, { lang: "de" });
  const [chunk] = await fetchAll(writer, ["1"]);
  const version = chunk?.version ?? "";
  before(isReread, write);
  expect(await writer.remove([{ id: "1", version }], limit())).toEqual([{ id: "1", why: "changed" }]);
  const kept = held.get("1");
  hold(1, { lang: "de" });
  before(isReread, write);
  expect(await writer.write([{ chunk: makeChunk("1"), over: version }], limit())).toEqual([
    { id: "1", why: "changed" },
  ]);
  expect(held.get("1")).toEqual(kept);
});

test.each([
  ["a key that nobody expects", { reviewed: true }],
  ["a key that holds a quote", { 'a"b': 1 }],
])("%s and that comes after the last reading stays beside what is written", async (_, added) => {
  hold(1, { meta: { tenant: "old", source: "kept" } });
  const [chunk] = await fetchAll(writer, ["1"]);
  before(isConditional, () => hold(1, { meta: { tenant: "old", source: "kept", more: 1 }, ...added }));
  expect(await writer.write([{ chunk: makeChunk("1"), over: chunk?.version ?? "" }], limit())).toEqual([]);
  expect(payloadOf(1)).toMatchObject({ ...added, lang: "de", meta: { tenant: "even", source: "kept", more: 1 } });
});

test("a vector alone that changes after the last reading stays where none is written, and the chunk is named", async () => {
  hold(1, { lang: "x" }, [1, 0.5]);
  const [chunk] = await fetchAll(writer, ["1"]);
  before(isConditional, () => hold(1, { lang: "x" }, [5, 6]));
  const write = { chunk: makeChunk("1", { vector: Float32Array.of(1, 0.5) }), over: chunk?.version ?? "" };
  expect(await writer.write([write], limit())).toEqual([{ id: "1", why: "changed" }]);
  expect(held.get("1")).toMatchObject({ vector: [5, 6], payload: { lang: "de" } });
});

test("a vector that somebody writes right after the repair's own isn't taken for it", async () => {
  hold(1, { lang: "x" }, [2, 0.5]);
  const [chunk] = await fetchAll(writer, ["1"]);
  let reads = 0;
  before(
    (url) => isReread(url) && (reads += 1) === 2,
    () => hold(1, payloadOf(1) as Payload, [5, 6]),
  );
  const write = { chunk: makeChunk("1", { vector: Float32Array.of(1, 0.5) }), over: chunk?.version ?? "" };
  expect(await writer.write([write], limit())).toEqual([{ id: "1", why: "changed" }]);
  expect(held.get("1")?.vector).toEqual([5, 6]);
});

test("a point that is removed after the last reading isn't made anew, and the others are written", async () => {
  hold(1, { lang: "x" });
  hold(2, { lang: "x" });
  const chunks = await fetchAll(writer, ["1", "2"]);
  before(isConditional, () => held.delete("1"));
  const writes = chunks.map(({ id, version }) => ({ chunk: makeChunk(id), over: version }));
  expect(await writer.write(writes, limit())).toEqual([{ id: "1", why: "changed" }]);
  expect([...held.keys()]).toEqual(["2"]);
  expect(payloadOf(2)).toMatchObject({ lang: "de" });
});

test("what both hold alike isn't sent: neither a vector nor a key", async () => {
  hold(1, { lang: "de", entity_id: "entity-1", meta: { tenant: "even" } }, [1, 0.5]);
  const [chunk] = await fetchAll(writer, ["1"]);
  const same = makeChunk("1", { vector: Float32Array.of(1, 0.5) });
  const seen = server.seen.length;
  expect(await writer.write([{ chunk: same, over: chunk?.version ?? "" }], limit())).toEqual([]);
  expect(server.seen.slice(seen).filter(({ path }) => isConditional(path))).toEqual([]);
});
