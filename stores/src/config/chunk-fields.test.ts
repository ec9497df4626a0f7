import { expect, test } from "vitest";
import { pgvectorBaseSchema } from "#pgvector/config/schema.ts";
import { makeSpec } from "#test/spec.ts";
import { metadataPath } from "./chunk-fields.ts";

const table = { connectionString: "postgres://u:p@localhost/d" };
const collection = { url: "http://localhost", collection: "c" };

test("a document without layout and fields means what it meant", () => {
  const { fields } = makeSpec("pgvector", { ...table, namespaceField: "tenant", metadataColumns: ["lang"] });
  expect(fields).toMatchObject({ id: ["chunk_id"], entity: ["entity_id"], updatedAt: ["updated_at"], text: null });
  expect(fields).toMatchObject({ namespace: ["tenant"], metadata: { lang: ["lang"] }, metadataRoot: [] });
  const inCollection = makeSpec("qdrant", { ...collection, namespaceField: "metadata.tenant" }).fields;
  expect(inCollection.namespace).toEqual(["metadata", "tenant"]);
  expect(metadataPath(inCollection, "a.b")).toEqual(["a", "b"]);
});

test("a field goes before the layout, an older setting before what the layout has by its default", () => {
  const own = { layout: "langchain", namespaceField: "collection_id", metadataColumns: ["page"] };
  const { fields } = makeSpec("pgvector", { ...table, ...own, fields: { id: "uuid", entity: "$none" } });
  expect(fields).toMatchObject({ id: ["uuid"], entity: null, text: ["document"], updatedAt: null });
  expect(fields).toMatchObject({ namespace: ["collection_id"], metadata: { page: ["cmetadata", "page"] } });
  expect(metadataPath(fields, "constructor")).toEqual(["cmetadata", "constructor"]);
});

test.each(["doc.a.b", "doc->'a'->'b'", "doc->'a'->>'b'", "doc->a->>b"])("%s leads into the column doc", (updatedAt) => {
  expect(makeSpec("pgvector", { ...table, fields: { updatedAt } }).fields.updatedAt).toEqual(["doc", "a", "b"]);
});

test.each(["doc->'a'->>'dc:b->c 1'", "doc.a.'dc:b->c 1'"])("%s leads to a key in quotes", (updatedAt) => {
  expect(makeSpec("pgvector", { ...table, fields: { updatedAt } }).fields.updatedAt).toEqual(["doc", "a", "dc:b->c 1"]);
});

test.each(["km-default", "Tenant 1", "größe", "2024_chunks", "a$b"])("the table %s goes by its own name", (name) => {
  expect(makeSpec("pgvector", { ...table, schema: name, table: name, embeddingColumn: name })).toMatchObject({
    schema: name,
    table: name,
    embeddingColumn: name,
  });
});

test.each(["public.chunks", '"chunks"', "a/b", "a#b", " a", ""])("the table %j is refused", (name) => {
  expect(pgvectorBaseSchema.safeParse({ kind: "pgvector", ...table, table: name }).success).toBe(false);
});

test.each([
  { id: "doc.id" },
  { id: "$id" },
  { id: "$none" },
  { entity: "doc->'a" },
  { entity: "doc.0" },
  { entity: "doc->>'0'" },
  { entity: "doc->>'a.b'" },
  { entity: "doc->>'a\"b'" },
  { text: "a b" },
  { namespace: "doc'; DROP TABLE chunks; --" },
  { metadata: [{ name: "lang" }, { name: "lang", path: "other" }] },
])("%j is refused", (fields) => {
  expect(pgvectorBaseSchema.safeParse({ kind: "pgvector", ...table, fields }).success).toBe(false);
});
