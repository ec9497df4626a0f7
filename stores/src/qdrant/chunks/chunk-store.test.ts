import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { idTextAt } from "#chunks/ids.ts";
import type { ChunkStore } from "#ports/chunk-store.ts";
import { describeChunkStore, readAll } from "#test/chunk-store-contract.ts";
import { type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makeQdrantChunkStore } from "./chunk-store.ts";

const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(10_000);
let server: FakeQdrant;
let held: HeldPoints;
let store: ChunkStore;

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(40), apiKey: "key" });
  store = make({});
});

beforeEach(() => {
  held = new Map(makePoints(40).map((point) => [JSON.stringify(point.id), point]));
  serveHeldPoints(server, held);
});

afterAll(async () => {
  await store.close();
  await server.close();
});

function make(change: object): ChunkStore {
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key", ...change });
  return makeQdrantChunkStore(spec, { identity, fields: ["lang", "pages"] });
}

function hold(id: unknown, payload: Record<string, unknown>): void {
  held.set(JSON.stringify(id), { id, payload, vector: Array.from({ length: 8 }, () => 1) });
}

describeChunkStore({
  store: () => store,
  missing: () => make({ collection: "absent" }),
  unreachable: () => make({ url: "http://127.0.0.1:9" }),
});

test("a scan asks for nothing but what the level compares", async () => {
  for (const [level, keys, withVector] of [
    ["ids", ["chunk_id"], false],
    ["fresh", ["chunk_id", "updated_at"], false],
    ["payload", ["chunk_id", "updated_at", "entity_id", "namespace", "lang", "pages"], false],
    ["vector", ["chunk_id", "updated_at", "entity_id", "namespace", "lang", "pages"], true],
  ] as const) {
    await readAll(store, { level });
    expect(JSON.parse(server.seen.at(-1)?.body ?? "")).toMatchObject({ with_payload: keys, with_vector: withVector });
  }
});

test("a collection is described without the number of points without a vector where to count them takes long", async () => {
  const { behave } = server;
  server.behave = (request, response) => {
    if (request.url?.includes("/points/count") === true) return undefined;
    return behave === undefined ? "as usual" : behave(request, response);
  };
  const described = await store.describe(AbortSignal.timeout(20_000));
  expect([described.vectorless, described.dimension]).toEqual([undefined, 8]);
}, 30_000);

test("a point without chunk_id goes by its own id, a number is its text, and both are found by it", async () => {
  held.clear();
  hold(7, { entity_id: "e" });
  hold("5c56c793-69f3-4fbf-87e6-c4bf54c28c26", { updated_at: "2026-01-01T00:00:00.5Z" });
  hold(8, { chunk_id: 12 });
  hold(9, { chunk_id: 'quoted "\\ \n ü 識' });
  hold(10, { chunk_id: "naïve" });
  const { chunks } = await readAll(store, { level: "fresh" });
  const ids = ["12", "5c56c793-69f3-4fbf-87e6-c4bf54c28c26", "7", "naïve", 'quoted "\\ \n ü 識'];
  expect(chunks.map(({ id }) => id)).toEqual(ids);
  expect(chunks[1]?.updatedAtMs).toBe(Date.UTC(2026, 0, 1, 0, 0, 0, 500));
  expect((await store.lookUp([...ids, "8"], "ids", limit())).map(({ id }) => id).toSorted()).toEqual(ids);
});

test("a chunk id that several points hold comes as often, from a scan and from a look-up", async () => {
  hold(90, { chunk_id: "chunk-1" });
  expect((await readAll(store, { level: "ids" })).chunks.filter(({ id }) => id === "chunk-1")).toHaveLength(2);
  expect(await store.lookUp(["chunk-1", "chunk-2"], "ids", limit())).toHaveLength(3);
});

test.each([
  "not JSON",
  '{"result":null}',
  '{"result":{"points":[{"payload":{}}],"next_page_offset":null}}',
  '{"result":{"points":[',
  "",
])("an answer that is none, %j, is refused as one", async (body) => {
  server.behave = (request, response) => (request.url?.includes("scroll") === true ? response.end(body) : "as usual");
  await expect(readAll(store, { level: "fresh" })).rejects.toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
});

test.each(["updated_at", "meta.at"])(
  "since a moment at %s: what has no date, or one that can't be read, a list for one, may have been written at any time",
  async (updatedAt) => {
    const [old, late] = ["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"];
    const moments = [old, late, [old], [old, late], [late], [], 7, "soon", null];
    held.clear();
    for (const [id, at] of moments.entries())
      held.set(String(id), { id, payload: { chunk_id: `${id}`, updated_at: at, meta: { at } }, vector: [1] });
    const other = make({ fields: { updatedAt } });
    const found: string[] = [];
    const scan = { level: "fresh", sinceMs: Date.parse("2026-02-01"), after: null, pageSize: 100 } as const;
    for await (const batch of other.scan(scan, limit())) {
      for (let row = 0; row < batch.count; row += 1) found.push(idTextAt(batch, row));
    }
    await other.close();
    expect(found).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
  },
);
