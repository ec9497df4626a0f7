// What every adapter must do, done by Qdrant's on a server in a process of its own: the stand-in, or the real one that
// QDRANT_URL names. Where a suite passes on one of them alone, the other differs from it.
import { parseFilter } from "@retriever/stores/filter/parse-filter.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import type { ChunkStore, ChunkWriter } from "@retriever/stores/ports/chunk-store.ts";
import { makeQdrantChunkStore } from "@retriever/stores/qdrant/chunks/chunk-store.ts";
import { makeQdrantChunkWriter } from "@retriever/stores/qdrant/chunks/chunk-writer.ts";
import { makeQdrantBackend } from "@retriever/stores/qdrant/retrieve/backend.ts";
import { describeBackend } from "@retriever/stores/test/backend-contract.ts";
import { describeChunkStore } from "@retriever/stores/test/chunk-store-contract.ts";
import { describeChunkWriter, limit, makeChunk } from "@retriever/stores/test/chunk-writer-contract.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { makeSpec, testDeps } from "@retriever/stores/test/spec.ts";
import { parseExact } from "@retriever/stores/values/exact-json.ts";
import { numberText } from "@retriever/stores/values/same-value.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Qdrant, startQdrant } from "./qdrant.ts";
import { addIndexes, type Caller, openQdrant, pathOf, remakeCollection, upsert } from "./qdrant-rest.ts";

const collection = "contracts";
const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
let qdrant: Qdrant;
let server: Caller;

beforeAll(async () => {
  qdrant = await startQdrant({ address: "127.0.0.78" });
  server = openQdrant(qdrant);
});

afterAll(async () => {
  await qdrant.removeCollection(collection);
  await server.close();
  await qdrant.close();
});

function specOf(change: object) {
  const key = qdrant.apiKey === undefined ? {} : { apiKey: qdrant.apiKey };
  return makeSpec("qdrant", { url: qdrant.url, collection, ...key, ...change });
}

const missing = { collection: "absent" };
const unreachable = { url: "http://127.0.0.1:9" };

async function fill(): Promise<void> {
  await remakeCollection(server.call, collection, 8);
  await upsert(server.call, collection, makePoints(40));
}

describe("a backend", () => {
  const make = (change: object): Backend => makeQdrantBackend(specOf(change), testDeps);
  let backend: Backend;
  beforeAll(async () => {
    await fill();
    backend = make({});
  });
  afterAll(() => backend.close());
  describeBackend({ backend: () => backend, missing: () => make(missing), unreachable: () => make(unreachable) });
});

describe.each(["without indexes", "with indexes"])("a chunk store %s", (indexes) => {
  const make = (change: object): ChunkStore =>
    makeQdrantChunkStore(specOf(change), { identity, fields: ["lang", "pages"] });
  let store: ChunkStore;
  beforeAll(async () => {
    await fill();
    if (indexes === "with indexes")
      await addIndexes(server.call, collection, { chunk_id: "keyword", updated_at: "datetime", lang: "keyword" });
    store = make({});
  });
  afterAll(() => store.close());
  const reached = { store: () => store, missing: () => make(missing), unreachable: () => make(unreachable) };
  describeChunkStore({ ...reached, isNormalised: true });
});

describe.each([{}, { chunk_id: "keyword", updated_at: "datetime", lang: "keyword" } as const])(
  "a chunk writer, indexes %j",
  (indexes) => {
    let writer: ChunkWriter;
    beforeEach(async () => {
      // Of the distances it alone leaves vectors as they are sent.
      const body = { vectors: { size: 8, distance: "Dot" } };
      await server.call({ method: "DELETE", path: pathOf(collection) });
      await server.call({ method: "PUT", path: pathOf(collection), body });
      await addIndexes(server.call, collection, indexes);
      writer = makeQdrantChunkWriter(specOf({}), { identity, fields: ["lang", "pages"] });
    });
    afterEach(() => writer.close());
    describeChunkWriter(() => writer);
  },
);

describe.each([true, false])("in a collection whose ids have an index of integers, unindexed filters %j", (isFree) => {
  let writer: ChunkWriter;
  beforeAll(async () => {
    const filters = { unindexed_filtering_retrieve: isFree, unindexed_filtering_update: isFree };
    const body = { strict_mode_config: { enabled: true, ...filters } };
    await server.call({ method: "DELETE", path: pathOf(collection) });
    await server.call({ method: "PUT", path: pathOf(collection), body: { vectors: { size: 8, distance: "Dot" } } });
    await addIndexes(server.call, collection, { chunk_id: "integer", updated_at: "datetime" });
    await server.call({ method: "PATCH", path: pathOf(collection), body });
    writer = makeQdrantChunkWriter(specOf({}), { identity, fields: ["lang", "pages"] });
  });
  afterAll(() => writer.close());

  test("the first chunk's id is a number, which the index finds, and other spellings of it aren't there", async () => {
    expect(await writer.load([makeChunk("17")], limit())).toEqual([]);
    expect(await writer.fetch(["17", "17.0", "017"], limit())).toMatchObject([{ id: "17" }]);
    expect(await writer.fetch(["17.0"], limit())).toEqual([]);
    const body = { limit: 1, filter: { must: [{ key: "chunk_id", match: { value: 17 } }] } };
    expect(await server.call({ method: "POST", path: pathOf(collection, "/points/scroll"), body })).toMatchObject({
      points: [{ payload: { chunk_id: 17 } }],
    });
  });

  test("a text as id is refused where no filter would find it", async () => {
    const reason = expect.stringContaining("which strict mode finds by no index of integers") as string;
    const left = isFree ? [] : [{ id: "c1", why: "refused", reason }];
    expect(await writer.load([makeChunk("c1"), makeChunk("18")], limit())).toEqual(left);
    expect(await writer.fetch(["18"], limit())).toMatchObject([{ id: "18" }]);
  });
});

test("a number beyond 64 bits that a double has all digits of is written, over another one as well", async () => {
  await remakeCollection(server.call, collection, 8);
  const writer = makeQdrantChunkWriter(specOf({}), { identity, fields: ["lang", "pages"] });
  const chunk = (pages: string) =>
    makeChunk("a", { fields: { lang: "de", pages: parseExact(pages) }, vector: Float32Array.from(vectorAt(1)) });
  expect(await writer.load([chunk("1")], limit())).toEqual([]);
  for (const pages of ["10000000000000000000000000", "-3e40"]) {
    const [held] = await writer.fetch(["a"], limit());
    expect(await writer.write([{ chunk: chunk(pages), over: held?.version ?? "" }], limit())).toEqual([]);
    const [after] = await writer.fetch(["a"], limit());
    expect(Number(numberText(after?.fields["pages"]))).toBe(Number(pages));
  }
  await writer.close();
});

const numbers = (vector: unknown): number[] => (vector as number[]).map((value) => Math.round(value * 1000) / 1000);

describe.each([
  { datatype: "float16", distance: "Dot", sent: [1e6, 2, 3, 4], kept: [null, 2, 3, 4], says: "would become infinite" },
  { datatype: "float16", distance: "Cosine", sent: [3e38, 3e38, 1, 1], kept: [0, 0, 0, 0], says: "would become zeros" },
  { datatype: "uint8", distance: "Euclid", sent: [-3, 0.5, 300, 7], kept: [0, 0, 255, 7], says: "from 0 to 255" },
  { datatype: "uint8", distance: "Cosine", sent: [0.6, 0.8, 0, 0], kept: [0, 0, 0, 0], says: "would become 0" },
  { datatype: "float32", distance: "Cosine", sent: [3e38, 1, 1, 1], kept: [0, 0, 0, 0], says: "would become zeros" },
])("in a collection of $datatype for $distance", ({ datatype, distance, sent, kept, says }) => {
  const held = makeChunk("held", { vector: Float32Array.of(3, 4, 0, 12) });
  let writer: ChunkWriter;

  beforeEach(async () => {
    const body = { vectors: { size: 4, distance, datatype } };
    await server.call({ method: "DELETE", path: pathOf(collection) });
    await server.call({ method: "PUT", path: pathOf(collection), body });
    writer = makeQdrantChunkWriter(specOf({}), { identity, fields: ["lang", "pages"] });
  });
  afterEach(() => writer.close());

  test(`${JSON.stringify(sent)} is kept as ${JSON.stringify(kept)} in silence`, async () => {
    await upsert(server.call, collection, [{ id: 1, vector: sent }]);
    const points = await server.call({
      method: "POST",
      path: pathOf(collection, "/points"),
      body: { ids: [1], with_vector: true },
    });
    expect(points).toEqual([expect.objectContaining({ vector: kept })]);
  });

  test("a chunk of such a vector is refused by name, what it would replace stays, and others are written", async () => {
    expect(await writer.load([held], limit())).toEqual([]);
    const [before] = await writer.fetch(["held"], limit());
    const vector = Float32Array.from(sent);
    const writes = [
      { chunk: { ...held, vector }, over: before?.version ?? "" },
      { chunk: makeChunk("new", { vector }), over: null },
      { chunk: makeChunk("good", { vector: held.vector }), over: null },
    ];
    const reason = expect.stringContaining(says) as string;
    const refused = ["held", "new"].map((id) => ({ id, why: "refused", reason }));
    expect(await writer.write(writes, limit())).toEqual(refused);
    expect(await writer.load([makeChunk("late", { vector })], limit())).toEqual([
      { id: "late", why: "refused", reason },
    ]);
    const found = await writer.fetch(["held", "new", "good", "late"], limit());
    expect(found.map(({ id }) => id).toSorted()).toEqual(["good", "held"]);
    expect(numbers([...(found[0]?.vector ?? [])])).toEqual(numbers([...(before?.vector ?? [])]));
  });
});

describe("an alias", () => {
  const alias = "contracts-alias";
  const other = "contracts-other";
  const point = (collection_name: string) =>
    server.call({
      method: "POST",
      path: "/collections/aliases",
      body: {
        actions: [{ delete_alias: { alias_name: alias } }, { create_alias: { alias_name: alias, collection_name } }],
      },
    });

  beforeAll(async () => {
    await fill();
    await server.call({ method: "DELETE", path: pathOf(other) });
    await server.call({ method: "PUT", path: pathOf(other), body: { vectors: { size: 8, distance: "Euclid" } } });
    await upsert(server.call, other, makePoints(40));
  });
  afterAll(() => qdrant.removeCollection(other));

  test("is known as the collection that it leads to now, and that one as itself", async () => {
    const ownOf = async (name: string) => {
      const store = makeQdrantChunkStore(specOf({ collection: name }), { identity, fields: [] });
      const { own } = await store.describe(limit());
      await store.close();
      return own?.label.split("/").at(-1);
    };
    await point(collection);
    expect([await ownOf(alias), await ownOf(collection)]).toEqual([collection, collection]);
    await point(other);
    expect([await ownOf(alias), await ownOf(other)]).toEqual([other, other]);
  });

  test("that is pointed at a collection of another distance is scored by it from the first answer on", async () => {
    await point(collection);
    const backend = makeQdrantBackend(specOf({ collection: alias }), testDeps);
    const direct = makeQdrantBackend(specOf({ collection: other }), testDeps);
    const ask = (asked: Backend) => asked.retrieve(requestOf({ embedding: vectorAt(11.4), k: 5 }), limit());
    const before = await ask(backend);
    await point(other);
    const [after, expected] = [await ask(backend), await ask(direct)];
    expect(after.candidates).toEqual(expected.candidates);
    expect(after.candidates).not.toEqual(before.candidates);
    await Promise.all([backend.close(), direct.close()]);
  });
});

describe("a collection whose strict mode refuses exact searches, and which has no graph of all vectors", () => {
  const ask = { embedding: vectorAt(3), k: 1 };
  const open = async (payload_m: number): Promise<Backend> => {
    await fill();
    const field_schema = { type: "keyword", is_tenant: true };
    const index = { method: "PUT", path: pathOf(collection, "/index?wait=true") } as const;
    await server.call({ ...index, body: { field_name: "namespace", field_schema } });
    const body = { hnsw_config: { m: 0, payload_m }, strict_mode_config: { enabled: true, search_allow_exact: false } };
    await server.call({ method: "PATCH", path: pathOf(collection), body });
    return makeQdrantBackend(specOf({}), testDeps);
  };

  test("answers nothing, which a probe says before any request", async () => {
    const backend = await open(0);
    const fault = {
      code: "RETR_BACKEND_MISSING",
      message: expect.stringContaining("set m, or search_allow_exact") as string,
    };
    expect(await backend.probe(limit())).toMatchObject({ fault });
    for (const narrowed of [{}, { namespace: "odd" }])
      await expect(backend.retrieve(requestOf({ ...ask, ...narrowed }), limit())).rejects.toMatchObject(fault);
    await backend.close();
  });

  test("answers requests of a tenant where there are graphs for these, and says that it refuses others", async () => {
    const backend = await open(16);
    const { fault, remarks } = await backend.probe(limit());
    expect([fault, remarks]).toEqual([null, expect.arrayContaining([expect.stringContaining("no tenant")])]);
    const { candidates } = await backend.retrieve(requestOf({ ...ask, namespace: "odd" }), limit());
    expect(candidates.map(({ chunkId }) => chunkId)).toEqual(["chunk-3"]);
    await expect(backend.retrieve(requestOf(ask), limit())).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
    await backend.close();
  });
});

const uuid = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11";

describe.each(["none", "keyword", "integer", "float", "bool", "datetime"])(
  "an index of %s on a key of all types",
  (type) => {
    const payloads: readonly object[] = [uuid, "text", 7, 2.5, true, "2026-01-01T00:00:00Z", [uuid, 7]].map(
      (k, at) => ({
        k,
        chunk_id: `chunk-${at}`,
        updated_at: "2026-01-01T00:00:00Z",
      }),
    );
    const idsOf = (numbers: readonly number[]): string[] => numbers.map((at) => `chunk-${at}`);

    beforeAll(async () => {
      await server.call({ method: "DELETE", path: pathOf(collection) });
      await server.call({ method: "PUT", path: pathOf(collection), body: { vectors: { size: 8, distance: "Dot" } } });
      const points = payloads.map((payload, id) => ({ id, vector: vectorAt(id), payload }));
      await upsert(server.call, collection, points);
      const body = { field_name: "k", field_schema: type };
      if (type !== "none") await server.call({ method: "PUT", path: pathOf(collection, "/index?wait=true"), body });
    });

    test("doesn't change what requests find by equality", async () => {
      const backend = makeQdrantBackend(specOf({ namespaceField: "k" }), testDeps);
      const found = async (narrowed: object): Promise<string[]> => {
        const request = requestOf({ embedding: vectorAt(1), k: 10, ...narrowed });
        const { candidates } = await backend.retrieve(request, limit());
        return candidates.map(({ chunkId }) => chunkId).toSorted();
      };
      expect(await found({ namespace: uuid })).toEqual(idsOf([0, 6]));
      expect(await found({ filters: { k: uuid } })).toEqual(idsOf([0, 6]));
      expect(await found({ filters: { k: "text" } })).toEqual(idsOf([1]));
      expect(await found({ filters: { k: 7 } })).toEqual(idsOf([2, 6]));
      expect(await found({ filters: { k: true } })).toEqual(idsOf([4]));
      const declared = makeQdrantBackend(specOf({}), { ...testDeps, filterable: { k: "keyword" } });
      const filter = parseFilter({ eq: { field: "k", value: uuid } }, { k: "keyword" });
      const { candidates } = await declared.retrieve(
        { ...requestOf({ embedding: vectorAt(1), k: 10 }), filter },
        limit(),
      );
      expect(candidates.map(({ chunkId }) => chunkId).toSorted()).toEqual(idsOf([0, 6]));
      await Promise.all([backend.close(), declared.close()]);
    });

    test("hinders no write, and no removal", async () => {
      const writer = makeQdrantChunkWriter(specOf({}), { identity, fields: ["lang"] });
      const ids = idsOf(payloads.map((_, at) => at));
      const changed = (await writer.fetch(ids, limit())).map((chunk) => ({
        chunk: { ...chunk, fields: { lang: "fr" }, updatedAt: "2026-02-01T00:00:00.000Z" },
        over: chunk.version,
      }));
      expect(await writer.write(changed, limit())).toEqual([]);
      const after = await writer.fetch(ids, limit());
      expect(after.map(({ fields }) => fields["lang"])).toEqual(ids.map(() => "fr"));
      expect(await writer.remove(after, limit())).toEqual([]);
      expect(await writer.fetch(ids, limit())).toEqual([]);
      await writer.close();
    });
  },
);
