// Tables and collections as LangChain, LlamaIndex and Supabase's guide create them: served, compared and repaired by
// the name of their layout alone.
import { request } from "undici";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { pathOf } from "#stores/qdrant-rest.ts";
import { eventually } from "#support/eventually.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { placeOf, reportFile, runVerify } from "#support/verify/verify-process.ts";

const address = "127.0.0.77";
let { postgres, qdrant, caller, client, close } = {} as TwoStores;

beforeAll(async () => {
  ({ postgres, qdrant, caller, client, close } = await startTwoStores(address, "18-0.8"));
});

afterAll(() => close());

const idOf = (row: number): string => `7f3c0000-0000-4000-8000-00000000000${row}`;
const vectorOf = (row: number): number[] => [Math.cos(row / 10), Math.sin(row / 10)];
const metadataOf = (row: number) => ({
  source: `book-${row % 2}.pdf`,
  page: row,
  changed: `2026-01-0${row + 1}T00:00:00Z`,
});
const textOf = (row: number): string => `What page ${row} says.`;
const nodeOf = (row: number, text: string) => ({
  ...metadataOf(row),
  _node_content: JSON.stringify({ id_: idOf(row), text }),
  _node_type: "TextNode",
  doc_id: `doc-${row % 2}`,
  document_id: `doc-${row % 2}`,
  ref_doc_id: `doc-${row % 2}`,
});
const rows = [0, 1, 2, 3, 4, 5];

/** What each library creates, and a row and a payload as it writes them. */
const layouts = {
  langchain: {
    table: "langchain_pg_embedding",
    create: `CREATE TABLE langchain_pg_collection (uuid uuid PRIMARY KEY, name varchar NOT NULL UNIQUE, cmetadata json);
      CREATE TABLE langchain_pg_embedding (id varchar PRIMARY KEY,
        collection_id uuid REFERENCES langchain_pg_collection ON DELETE CASCADE,
        embedding vector, document varchar, cmetadata jsonb);
      CREATE INDEX ix_cmetadata_gin ON langchain_pg_embedding USING gin (cmetadata jsonb_path_ops);
      INSERT INTO langchain_pg_collection VALUES ('7f3c0000-0000-4000-8000-0000000000ff', 'docs', NULL)`,
    columns: "collection_id, id, document, cmetadata, embedding",
    row: (row: number) => ["7f3c0000-0000-4000-8000-0000000000ff", idOf(row), textOf(row), metadataOf(row)],
    payload: (row: number) => ({ page_content: textOf(row), metadata: metadataOf(row) }),
    entity: (row: number) => `book-${row % 2}.pdf`,
  },
  "langchain-pgvectorstore": {
    table: "own_collection",
    create: `CREATE TABLE own_collection (langchain_id uuid PRIMARY KEY, content text NOT NULL,
      embedding vector(2) NOT NULL, langchain_metadata jsonb)`,
    columns: "langchain_id, content, langchain_metadata, embedding",
    row: (row: number) => [idOf(row), textOf(row), metadataOf(row)],
    payload: (row: number) => ({ page_content: textOf(row), metadata: metadataOf(row) }),
    entity: (row: number) => `book-${row % 2}.pdf`,
  },
  llamaindex: {
    table: "data_docs",
    create: `CREATE TABLE data_docs (id bigserial PRIMARY KEY, text varchar NOT NULL, metadata_ json, node_id varchar,
      embedding vector(2)); CREATE INDEX docs_idx ON data_docs ((metadata_ ->> 'ref_doc_id'))`,
    columns: "node_id, text, metadata_, embedding",
    row: (row: number) => [idOf(row), textOf(row), nodeOf(row, "")],
    payload: (row: number) => nodeOf(row, textOf(row)),
    entity: (row: number) => `doc-${row % 2}`,
  },
  supabase: {
    table: "documents",
    create: "CREATE TABLE documents (id uuid PRIMARY KEY, content text, metadata jsonb, embedding vector(2))",
    columns: "id, content, metadata, embedding",
    row: (row: number) => [idOf(row), textOf(row), metadataOf(row)],
    payload: (row: number) => ({ content: textOf(row), metadata: metadataOf(row) }),
    entity: (row: number) => `book-${row % 2}.pdf`,
  },
} as const;
type Layout = keyof typeof layouts;
const names = Object.keys(layouts) as Layout[];

async function fill(layout: Layout): Promise<void> {
  const { table, create, columns, row, payload } = layouts[layout];
  await client.query(`DROP TABLE IF EXISTS langchain_pg_embedding, langchain_pg_collection, own_collection, data_docs,
    documents`);
  await client.query(create);
  const places = columns.split(", ").map((_, index) => `$${index + 1}`);
  for (const each of rows) {
    const values = [...row(each), JSON.stringify(vectorOf(each))];
    await client.query(`INSERT INTO ${table} (${columns}) VALUES (${places.join(", ")})`, values);
  }
  await caller.call({ method: "DELETE", path: pathOf("docs") });
  // LangChain names the vector, by the empty name.
  const named = (vector: object): object => (layout.startsWith("langchain") ? { "": vector } : vector);
  const vectors = named({ size: 2, distance: "Cosine" });
  await caller.call({ method: "PUT", path: pathOf("docs"), body: { vectors } });
  const points = rows.map((each) => ({ id: idOf(each), vector: named(vectorOf(each)), payload: payload(each) }));
  await caller.call({ method: "PUT", path: pathOf("docs", "/points?wait=true"), body: { points } });
}

function storesOf(layout: Layout, own: { readonly table?: object; readonly collection?: object } = {}) {
  const named = { layout, fields: { metadata: [{ name: "page" }] } };
  const { connectionString } = postgres;
  return {
    table: { kind: "pgvector", connectionString, table: layouts[layout].table, ...named, ...own.table },
    collection: { kind: "qdrant", url: qdrant.url, collection: "docs", ...named, ...own.collection },
  };
}

async function ask(url: string, body: object) {
  const answer = await request(`${url}/v1/retrieve`, { method: "POST", body: JSON.stringify(body) });
  return { status: answer.statusCode, body: (await answer.body.json()) as { candidates?: unknown; error?: unknown } };
}

const nearest = { embedding: vectorOf(3), k: 2 };
const factsOf = (layout: Layout, row: number) => ({
  chunkId: idOf(row),
  entityId: layouts[layout].entity(row),
  updatedAt: null,
});

test.each(names)("%s: both stores answer alike, with text and metadata where they are asked for", async (layout) => {
  await fill(layout);
  const { table, collection } = storesOf(layout);
  for (const [primary, shadow] of [
    [table, collection],
    [collection, table],
  ]) {
    const base = { primary, dualRead: { enabled: true, sampleRate: 1, shadow }, select: ["text", "page"] };
    const sidecar = await startSidecar({ base });
    onTestFinished(async () => void (await sidecar.stop()));
    const plain = await ask(sidecar.appUrl, nearest);
    expect(plain).toMatchObject({ status: 200, body: { candidates: [factsOf(layout, 3), {}] } });
    expect(JSON.stringify(plain.body)).not.toMatch(/What page|"metadata"/);
    const whole = await ask(sidecar.appUrl, { ...nearest, include: ["text", "metadata"], filters: { page: 4 } });
    expect(whole.body.candidates).toEqual([
      { ...factsOf(layout, 4), similarity: expect.any(Number), text: textOf(4), metadata: { page: 4 } },
    ]);
    expect(await ask(sidecar.appUrl, { ...nearest, filters: { page: "4" } })).toMatchObject({
      body: { candidates: [] },
    });
    await eventually("the other store has agreed", async () => {
      const { counters } = (await sidecar.status()).evidence;
      expect(counters).toMatchObject({ mismatch: 0, shadowErrors: 0 });
      return counters.answered === 3;
    });
  }
});

test("what the base doesn't select is refused with its path", async () => {
  await fill("supabase");
  const { table } = storesOf("supabase");
  const sidecar = await startSidecar({ base: { primary: table, select: ["text"] } });
  onTestFinished(async () => void (await sidecar.stop()));
  expect(await ask(sidecar.appUrl, { ...nearest, include: ["text", "metadata"] })).toMatchObject({
    status: 400,
    body: { error: { code: "RETR_REQUEST_INVALID", path: "include[1]" } },
  });
});

test.each(names)("%s: ids are compared and the report says why no more; a higher level is refused", async (layout) => {
  await fill(layout);
  const { table, collection } = storesOf(layout);
  const place = placeOf(table, collection);
  onTestFinished(place.remove);
  expect((await runVerify(place, ["--lag", "0"])).exitCode).toBe(0);
  const { scope, source, destination } = place.report();
  expect(scope.level).toBe("ids");
  for (const store of [source, destination]) expect(store.remarks?.[0]).toContain("fields.updatedAt");
  const isWithin = destination.remarks?.some((remark) => remark.startsWith("_node_content holds JSON")) ?? false;
  expect(isWithin).toBe(layout === "llamaindex");
  expect((await runVerify(place, ["--lag", "0", "--level", "payload"])).exitCode).toBe(2);
  expect(place.report().reason).toContain("fields.updatedAt");
});

test.each([
  ["langchain", { id: "id", cmetadata: "cmetadata", metadata: "metadata" }, "page_content"],
  [
    "langchain-pgvectorstore",
    { id: "langchain_id", cmetadata: "langchain_metadata", metadata: "metadata" },
    "page_content",
  ],
  ["supabase", { id: "id", cmetadata: "metadata", metadata: "metadata" }, "content"],
] as const)(
  "%s: with a moment named, a lost point and a lost text are found and repaired",
  async (layout, roots, key) => {
    await fill(layout);
    const { table, collection } = storesOf(layout, {
      table: { fields: { updatedAt: `${roots.cmetadata}->>'changed'`, metadata: [{ name: "page" }] } },
      collection: { fields: { updatedAt: `${roots.metadata}.changed`, metadata: [{ name: "page" }] } },
    });
    const place = placeOf(table, collection);
    onTestFinished(place.remove);
    const compare = ["--lag", "0", "--level", "payload"];
    expect((await runVerify(place, compare)).exitCode).toBe(0);
    const points = (path: string, body: object) =>
      caller.call({ method: "POST", path: pathOf("docs", `/points${path}`), body });
    await points("/delete?wait=true", { points: [idOf(1)] });
    await points("/payload?wait=true", { points: [idOf(2)], payload: { [key]: "" } });
    expect((await runVerify(place, compare)).exitCode).toBe(1);
    const kinds = place.report().differences.map(({ id, kind }) => [id, kind]);
    expect(Object.fromEntries(kinds)).toEqual({ [idOf(1)]: "missing", [idOf(2)]: "payload" });
    const repair = ["--repair", reportFile(place), "--direction", "source-to-destination", "--yes"];
    expect(await runVerify(place, repair)).toMatchObject({ exitCode: 0 });
    expect((await runVerify(place, compare)).exitCode).toBe(0);
    const found = (await points("", { ids: [idOf(1), idOf(2)], with_payload: true })) as {
      payload: Record<string, unknown>;
    }[];
    expect(new Set(found.map(({ payload }) => payload[key]))).toEqual(new Set([textOf(1), textOf(2)]));
    // The other way round a member is written among what is beside it.
    await client.query(
      `UPDATE ${layouts[layout].table} SET ${roots.cmetadata} = jsonb_set(${roots.cmetadata}, '{page}', '99') WHERE ${roots.id} = $1`,
      [idOf(3)],
    );
    expect((await runVerify(place, compare)).exitCode).toBe(1);
    const back = ["--repair", reportFile(place), "--direction", "destination-to-source", "--yes"];
    expect(await runVerify(place, back)).toMatchObject({ exitCode: 0 });
    const { rows: held } = await client.query(
      `SELECT ${roots.cmetadata} AS held FROM ${layouts[layout].table} WHERE ${roots.id} = $1`,
      [idOf(3)],
    );
    expect(held).toEqual([{ held: metadataOf(3) }]);
  },
);

test("langchain: the metadata as a whole is compared and repaired beside the members that have names of their own", async () => {
  await fill("langchain");
  const { table, collection } = storesOf("langchain", {
    table: { fields: { updatedAt: "cmetadata.changed", metadata: [{ name: "all", path: "cmetadata" }] } },
    collection: { fields: { updatedAt: "metadata.changed", metadata: [{ name: "all", path: "metadata" }] } },
  });
  const place = placeOf(table, collection);
  onTestFinished(place.remove);
  const compare = ["--lag", "0", "--level", "payload"];
  expect((await runVerify(place, compare)).exitCode).toBe(0);
  await client.query(`UPDATE langchain_pg_embedding SET cmetadata = cmetadata || '{"pages": [1, 2]}' WHERE id = $1`, [
    idOf(2),
  ]);
  expect((await runVerify(place, compare)).exitCode).toBe(1);
  const repair = ["--repair", reportFile(place), "--direction", "source-to-destination", "--yes"];
  expect((await runVerify(place, repair)).exitCode).toBe(0);
  const body = { ids: [idOf(2)], with_payload: true };
  expect(await caller.call({ method: "POST", path: pathOf("docs", "/points"), body })).toMatchObject([
    { payload: { metadata: { ...metadataOf(2), pages: [1, 2] } } },
  ]);
});

test("langchain: a table of the older library is served by its own id column", async () => {
  await fill("langchain");
  await client.query("ALTER TABLE langchain_pg_embedding RENAME id TO custom_id");
  const { table, collection } = storesOf("langchain", { table: { fields: { id: "custom_id" } } });
  const place = placeOf(table, collection);
  onTestFinished(place.remove);
  expect((await runVerify(place, ["--lag", "0"])).exitCode).toBe(0);
  expect(place.report()).toMatchObject({ outcome: "equal", source: { read: rows.length } });
});
