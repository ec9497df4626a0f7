// A collection whose settings somebody changes while a writer is open, as a sync is for weeks.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { limit, makeChunk, put } from "#test/chunk-writer-contract.ts";
import { type CollectionSettings, type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makeSpec } from "#test/spec.ts";
import { makeQdrantChunkStore } from "./chunk-store.ts";
import { makeQdrantChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
let server: FakeQdrant;
let collection: CollectionSettings;
let held: HeldPoints;

beforeAll(async () => {
  server = await startFakeQdrant({ points: [], apiKey: "key" });
});

beforeEach(() => {
  held = new Map();
  collection = { strict: {}, indexes: { chunk_id: { data_type: "keyword" } }, version: "1.18.3" };
  serveHeldPoints(server, held, collection);
});

afterAll(() => server.close());

const access = { identity, fields: [] };
const specOf = () => makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
const open = () => makeQdrantChunkWriter(specOf(), access);

const chunk = (id: string, more: object = {}) => makeChunk(id, { fields: {}, ...more });

test("what was refused for lack of an index is taken once the index is there", async () => {
  const writer = open();
  await put(writer, [chunk("a")]);
  await writer.close();
  collection.strict = { enabled: true, unindexed_filtering_update: false };
  const strict = open();
  const newer = chunk("a", { updatedAt: "2026-03-02T00:00:00.000Z" });
  expect(await put(strict, [newer])).toMatchObject([{ why: "refused", reason: expect.stringContaining("updated_at") }]);
  collection.indexes = { chunk_id: { data_type: "keyword" }, updated_at: { data_type: "datetime" } };
  expect(await put(strict, [newer])).toEqual([]);
  await strict.close();
});

const read = async (pages: AsyncIterable<{ readonly count: number }>): Promise<number> => {
  let count = 0;
  for await (const page of pages) count += page.count;
  return count;
};

test("what was written since a moment is read once the index is there that strict mode wants", async () => {
  collection.strict = { enabled: true, unindexed_filtering_retrieve: false };
  const store = makeQdrantChunkStore(specOf(), access);
  const since = () => read(store.scan({ level: "fresh", sinceMs: 0, after: null, pageSize: 10 }, limit()));
  await expect(since()).rejects.toMatchObject({ message: expect.stringContaining("wants a datetime index") });
  collection.indexes = { chunk_id: { data_type: "keyword" }, updated_at: { data_type: "datetime" } };
  expect(await since()).toBe(0);
  await store.close();
});

test("a collection is described by the limits that it has now", async () => {
  const store = makeQdrantChunkStore(specOf(), access);
  await store.describe(limit());
  collection.strict = { enabled: true, max_timeout: 30 };
  expect(await store.describe(limit())).toMatchObject({ count: 0 });
  await store.close();
});

test.each(["a scan of a store", "a look-up", "bounds", "a scan of a writer", "a fetch"] as const)(
  "%s that a new limit of strict mode refuses goes on by the limit the next time",
  async (name) => {
    const [store, writer] = [makeQdrantChunkStore(specOf(), access), open()];
    const ids = ["a", "b", "c"];
    await put(
      writer,
      ids.map((id) => chunk(id)),
    );
    const asked = {
      "a scan of a store": () => read(store.scan({ level: "ids", sinceMs: null, after: null, pageSize: 10 }, limit())),
      "a look-up": async () => (await store.lookUp(ids, "ids", limit())).length,
      bounds: () => store.bounds?.(2, limit()).then(() => ids.length),
      "a scan of a writer": () => read(writer.scan({ after: null, pageSize: 10 }, limit())),
      "a fetch": async () => (await writer.fetch(ids, limit())).length,
    }[name];
    expect(await asked()).toBe(3);
    collection.strict = { enabled: true, max_query_limit: 2, max_timeout: 30 };
    await expect(asked()).rejects.toMatchObject({ message: expect.stringContaining("Limit exceeded") });
    expect(await asked()).toBe(3);
    await Promise.all([store.close(), writer.close()]);
  },
);
