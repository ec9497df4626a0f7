// No control character, and no step out of a path, in any text that an overlay or a base leaves free.
import fc from "fast-check";
import { expect, test } from "vitest";
import { baseAdapterSchemaOf, overlayAdapterSchemaOf, storeKinds } from "#kinds.ts";

const schemas = { base: baseAdapterSchemaOf(storeKinds), overlay: overlayAdapterSchemaOf(storeKinds) };
const reference = { fromEnv: "RETRIEVER_CRED_A" };
const tls = { caFile: "/etc/retriever/ca/a.pem" };
const qdrant = { kind: "qdrant", url: "https://q", collection: "c", vectorName: "v", namespaceField: "n", tls };
const pgvector = { kind: "pgvector", host: "h", database: "d", user: reference, schema: "s", table: "t", tls };
const documents = [
  { schema: schemas.overlay, document: { ...qdrant, apiKey: { fromFile: "/etc/retriever/credentials/a" } } },
  {
    schema: schemas.overlay,
    document: { ...pgvector, fields: { id: "a" }, metadataColumns: ["m"], embeddingColumn: "e" },
  },
  { schema: schemas.base, document: { ...qdrant, apiKey: { fromFile: "/a" } } },
  {
    schema: schemas.base,
    document: { kind: "pgvector", connectionString: reference, where: "a = 1", tls: { caFile: "/a" } },
  },
];

/** Every text of a document, each with a character put into it. */
function spoiled(value: unknown, spoil: (text: string) => string): unknown[] {
  if (typeof value === "string") return [spoil(value)];
  if (Array.isArray(value)) return value.flatMap((each, at) => spoiled(each, spoil).map((one) => value.with(at, one)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => spoiled(each, spoil).map((one) => ({ ...value, [key]: one })));
}

const control = fc.oneof(
  fc.integer({ min: 0, max: 8 }),
  fc.integer({ min: 14, max: 31 }),
  fc.integer({ min: 127, max: 159 }),
);

test("a control character is refused in every text of every adapter", () => {
  for (const { schema, document } of documents) expect(schema.safeParse(document).error).toBeUndefined();
  fc.assert(
    fc.property(fc.constantFrom(...documents), control, fc.nat(2), ({ schema, document }, code, at) => {
      const put = (text: string): string => text.slice(0, at) + String.fromCharCode(code) + text.slice(at);
      expect(spoiled(document, put).filter((each) => schema.safeParse(each).success)).toEqual([]);
    }),
  );
});

test.each([".", "..", "a/b", "../x", "a\\b", "c\u0000", "\u001b[2J", "a?b", "a#b", "a b", ""])(
  "the collection %j is refused",
  (collection) => {
    expect(schemas.overlay.safeParse({ ...qdrant, collection }).success).toBe(false);
  },
);

test.each(["c", ".c", "..c", "...", "c.", "a.b", "chunks-2", "100%", "r\u00e9sum\u00e9s"])(
  "the collection %j is taken",
  (collection) => {
    expect(schemas.overlay.safeParse({ ...qdrant, collection }).error).toBeUndefined();
  },
);

test.each([
  "/dev/zero",
  "/etc/retriever/credentials/../../passwd",
  "/etc/retriever/ca/./a",
  "/etc/retriever/ca",
  "/etc/retriever/ca/..data/a",
  "ca.pem",
])("an overlay may not name the authority %s", (caFile) => {
  for (const document of [qdrant, pgvector]) {
    expect(schemas.overlay.safeParse({ ...document, tls: { caFile } }).success).toBe(false);
  }
});

test.each([
  "vec\0user\0postgres\0options\0-c x",
  "a/hunter2",
  "app:hunter2@h",
  "postgres://u:p@h/d",
  "host=h password=p",
  "a?b",
])("the database %j is refused", (database) => {
  expect(schemas.overlay.safeParse({ ...pgvector, database }).success).toBe(false);
});
