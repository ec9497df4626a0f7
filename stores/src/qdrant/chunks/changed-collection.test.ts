// A collection whose settings somebody changes while a writer is open, as a sync is for weeks.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeChunk, put } from "#test/chunk-writer-contract.ts";
import { type CollectionSettings, type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makeSpec } from "#test/spec.ts";
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

function open() {
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  return makeQdrantChunkWriter(spec, { identity, fields: [] });
}

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
