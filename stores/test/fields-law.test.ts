// However a document names a chunk's fields: a request, a verification and a repair read the same chunk.
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAdapters } from "#kinds.ts";
import type { Candidate } from "#ports/backend.ts";
import type { StoredChunk } from "#ports/chunk-store.ts";
import { adapterOf } from "#registry.ts";
import { rawJson } from "#values/exact-json.ts";
import { readAll } from "./chunk-store-contract.ts";
import { startPostgres, type TestPostgres } from "./fakes/postgres-server.ts";
import { type HeldPoints, serveHeldPoints } from "./fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "./fakes/qdrant-server.ts";
import { makePoints } from "./points.ts";
import { requestOf } from "./requests.ts";
import { makeSpec, testDeps } from "./spec.ts";

const identity = { kind: "test", label: "test://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(20_000);
let postgres: TestPostgres;
let server: FakeQdrant;
let held: HeldPoints;

/** Everything by a plain name and within JSON, at two depths, alike. */
type Parts = {
  readonly ent: string;
  readonly at: string;
  readonly ns: string;
  readonly body: string;
  readonly lang: unknown;
};
const chunks = Array.from({ length: 6 }, (_, index) => {
  const at = new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
  const langs = ["de", 7, true, "7", null, 2.5];
  const parts: Parts = {
    ent: `e${index % 2}`,
    at,
    ns: index % 3 === 0 ? "even" : "odd",
    body: `text ${index}`,
    lang: langs[index],
  };
  return {
    id: `00000000-0000-4000-8000-00000000000${index}`,
    parts,
    document: { ...parts, deep: { ...parts }, "dc:a->b ü/1": { ...parts } },
  };
});

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  server = await startFakeQdrant({ points: [], apiKey: "key" });
  await postgres.exec(`
    CREATE TABLE "Named ü-1" ("own id" uuid PRIMARY KEY, ent text, at timestamptz, ns text, body text, lang jsonb,
      doc jsonb, old json, embedding vector(8));
    CREATE TABLE langchain_pg_embedding (id varchar PRIMARY KEY, collection_id uuid, embedding vector, document varchar, cmetadata jsonb);
    CREATE TABLE own_collection (langchain_id uuid PRIMARY KEY, content text NOT NULL, embedding vector(8) NOT NULL,
      langchain_metadata json);
    CREATE TABLE data_docs (id bigserial PRIMARY KEY, text varchar NOT NULL, metadata_ json, node_id varchar UNIQUE, embedding vector(8));
    CREATE TABLE documents (id uuid PRIMARY KEY, content text, metadata jsonb, embedding vector(8))`);
});

afterAll(async () => {
  await postgres.close();
  await server.close();
});

const vector = "[1,0,0,0,0,0,0,0]";
const sql = (value: unknown): string => escapeLiteral(typeof value === "string" ? value : JSON.stringify(value));

async function fillTables(): Promise<void> {
  await postgres.exec(`TRUNCATE "Named ü-1", langchain_pg_embedding, own_collection, data_docs, documents`);
  for (const { id, parts, document } of chunks) {
    const { ent, at, ns, body, lang } = parts;
    const json = JSON.stringify({ ...document, source: ent, ref_doc_id: ent, namespace: ns });
    await postgres.exec(`
      INSERT INTO "Named ü-1" VALUES (${[id, ent, at, ns, body, JSON.stringify(lang), document, document, vector].map(sql).join(", ")});
      INSERT INTO langchain_pg_embedding VALUES (${sql(id)}, NULL, ${sql(vector)}, ${sql(body)}, ${sql(json)});
      INSERT INTO own_collection VALUES (${[id, body, vector, json].map(sql).join(", ")});
      INSERT INTO data_docs (text, metadata_, node_id, embedding) VALUES (${[body, json, id, vector].map(sql).join(", ")});
      INSERT INTO documents VALUES (${[id, body, json, vector].map(sql).join(", ")})`);
  }
}

function fillCollection(): void {
  held = new Map();
  for (const { id, parts, document } of chunks) {
    const inner = { ...document, source: parts.ent, namespace: parts.ns };
    const node = JSON.stringify({ text: parts.body });
    const own = { chunk: id, doc: document, ref_doc_id: parts.ent, namespace: parts.ns, _node_content: node };
    const payload = {
      ...parts,
      ...own,
      metadata: inner,
      page_content: parts.body,
      content: parts.body,
      deep: document.deep,
    };
    held.set(JSON.stringify(id), { id, payload, vector: JSON.parse(vector) as unknown });
  }
  serveHeldPoints(server, held, { strict: {}, indexes: {}, version: "1.18.3" });
}

const within = (columns: readonly string[], name: string) =>
  fc.constantFrom(
    name,
    ...columns.flatMap((column) => [
      `${column}.${name}`,
      `${column}->'deep'->>'${name}'`,
      `${column}.deep.${name}`,
      `${column}->'dc:a->b ü/1'->>'${name}'`,
    ]),
  );
const fieldsIn = (id: fc.Arbitrary<string>, columns: readonly string[]) =>
  fc.record({
    id,
    entity: fc.oneof(within(columns, "ent"), fc.constant("$none")),
    updatedAt: fc.oneof(within(columns, "at"), fc.constant("$none")),
    namespace: within(columns, "ns"),
    text: within(columns, "body"),
    metadata: within(columns, "lang").map((path) => [{ name: "lang", path }]),
  });
const layouts = [
  ["langchain", "langchain_pg_embedding"],
  ["langchain-pgvectorstore", "own_collection"],
  ["llamaindex", "data_docs"],
  ["supabase", "documents"],
] as const;
const inLayout = fc
  .constantFrom(...layouts)
  .map(([layout, table]) => ({ layout, table, fields: { metadata: [{ name: "lang" }] } }));
const tableDocument = fc.oneof(
  fieldsIn(fc.constant("'own id'"), ["doc", "old"]).map((fields) => ({ table: "Named ü-1", fields })),
  inLayout,
);
const collectionDocument = fc.oneof(
  fieldsIn(fc.constantFrom("$id", "chunk"), ["doc"]).map((fields) => ({ fields })),
  inLayout.map(({ layout, fields }) => ({ layout, fields })),
);

/** The same stores as a request, a verification and a repair see them. */
async function openAll(kind: "pgvector" | "qdrant", document: object) {
  const place =
    kind === "pgvector"
      ? { connectionString: postgres.connectionString, preparedStatements: false, poolSize: 1 }
      : { url: server.url, collection: "chunks", apiKey: "key" };
  const spec = makeSpec(kind, { ...place, ...document });
  const { makeBackend, makeChunkStore, makeChunkWriter } = adapterOf(await loadAdapters(), spec);
  if (makeChunkStore === undefined || makeChunkWriter === undefined)
    throw new Error("expected a kind that can be verified");
  const access = { identity, fields: ["lang"] };
  return {
    spec,
    backend: makeBackend(spec, testDeps),
    store: makeChunkStore(spec, access),
    writer: makeChunkWriter(spec, access),
  };
}

const shown = (value: unknown): string => JSON.stringify(value ?? null);

async function checkDocument(kind: "pgvector" | "qdrant", document: object): Promise<void> {
  const { spec, backend, store, writer } = await openAll(kind, document);
  try {
    const isDated = spec.fields.updatedAt !== null;
    const ask = async (more: object): Promise<readonly Candidate[]> =>
      (await backend.retrieve({ ...requestOf({ embedding: JSON.parse(vector) as number[], k: 20 }), ...more }, limit()))
        .candidates;
    const all = await ask({ content: { text: true, metadata: ["lang"] } });
    const ids = chunks.map(({ id }) => id);
    const level = isDated ? "payload" : "ids";
    expect(all.map(({ chunkId }) => chunkId).toSorted()).toEqual(ids);
    expect((await readAll(store, { level })).chunks.map(({ id }) => id).toSorted()).toEqual(ids);
    expect((await store.lookUp(ids, level, limit())).map(({ id }) => id).toSorted()).toEqual(ids);
    const fetched = new Map((await writer.fetch(ids, limit())).map((chunk) => [chunk.id, chunk]));
    for (const { chunkId, entityId, updatedAt, text, metadata } of all) {
      const chunk = fetched.get(chunkId) as StoredChunk;
      expect(entityId).toBe(chunk.entityId ?? "");
      expect(updatedAt).toBe(chunk.updatedAt ?? null);
      expect(text).toBe(chunks.find(({ id }) => id === chunkId)?.parts.body);
      expect(shown(metadata?.["lang"])).toBe(shown(chunk.fields["lang"]));
    }
    const isJson = kind === "qdrant" || spec.fields.metadata["lang"]?.length !== 1;
    for (const lang of isJson ? ["de", 7, "7", true, 2.5] : []) {
      const wanted = [...fetched.values()].filter(({ fields }) => fields["lang"] === lang).map(({ id }) => id);
      expect((await ask({ filters: { lang } })).map(({ chunkId }) => chunkId)).toEqual(wanted);
    }
    const even = [...fetched.values()].filter(({ namespace }) => namespace === "even").map(({ id }) => id);
    expect((await ask({ namespace: "even" })).map(({ chunkId }) => chunkId).toSorted()).toEqual(even.toSorted());
    await checkWrite();

    async function checkWrite(): Promise<void> {
      const [id = ""] = ids;
      const before = fetched.get(id) as StoredChunk;
      const change = {
        entityId: before.entityId === undefined ? undefined : "moved",
        fields: { lang: rawJson("12345678901234567") },
      };
      const write = { chunk: { ...before, ...change, updatedAt: undefined, vector: null }, over: before.version };
      expect(await writer.check([write], limit())).toEqual([]);
      expect(await writer.write([write], limit())).toEqual([]);
      expect(await writer.write([write], limit())).toEqual([{ id, why: "changed" }]);
      const [after] = (await ask({ content: { text: true, metadata: ["lang"] } })).filter(
        ({ chunkId }) => chunkId === id,
      );
      expect(after?.entityId).toBe(change.entityId ?? "");
      expect(after?.text).toBe("text 0");
      expect(shown(after?.metadata?.["lang"])).toBe("12345678901234567");
      const [again] = await writer.fetch([id], limit());
      expect(again).toMatchObject({ namespace: before.namespace, updatedAt: before.updatedAt });
      expect(await writer.remove([{ id, version: again?.version ?? "" }], limit())).toEqual([]);
      expect((await ask({})).map(({ chunkId }) => chunkId)).not.toContain(id);
    }
  } finally {
    await Promise.all([backend.close(), store.close(), writer.close()]);
  }
}

test("a table's chunks are the same to requests, verification and repair, whatever names their fields", async () => {
  const property = fc.asyncProperty(tableDocument, async (document) => {
    await fillTables();
    await checkDocument("pgvector", document);
  });
  expect.hasAssertions();
  await fc.assert(property, { numRuns: 25 });
}, 60_000);

test("a collection's points likewise", async () => {
  const property = fc.asyncProperty(collectionDocument, async (document) => {
    fillCollection();
    await checkDocument("qdrant", document);
  });
  expect.hasAssertions();
  await fc.assert(property, { numRuns: 40 });
}, 60_000);
