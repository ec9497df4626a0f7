// What a scan names a look-up finds, in a column of every type that an id may have and in a payload of every value.
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePgvectorChunkStore } from "#pgvector/chunks/chunk-store.ts";
import type { ChunkStore } from "#ports/chunk-store.ts";
import { makeQdrantChunkStore } from "#qdrant/chunks/chunk-store.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { rawJson } from "#values/exact-json.ts";
import { readAll } from "./chunk-store-contract.ts";
import { makePoints } from "./points.ts";
import { makeSpec } from "./spec.ts";

const identity = { kind: "test", label: "test://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(20_000);
let postgres: TestPostgres;
let server: FakeQdrant;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  server = await startFakeQdrant({ points: makePoints(1), apiKey: "key" });
});

afterAll(async () => {
  await postgres.close();
  await server.close();
});

const text = fc
  .oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), fc.string({ unit: "grapheme", minLength: 1 }))
  .filter((value) => !value.includes("\0") && value.isWellFormed());
const long = fc.string({ unit: "grapheme-ascii", minLength: 1000, maxLength: 1024 });
const marked = text.map((value) => `\uFEFF${value}`);
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const decimal = fc
  .tuple(fc.integer(), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => (digits / 10 ** scale).toFixed(scale));
const spelled = fc.constantFrom(
  "007",
  "-0",
  "1e3",
  "12.0",
  "12.50",
  " 12",
  "12 ",
  "+5",
  "9007199254740993",
  "NaN",
  "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
);
const anything = fc.oneof(
  text,
  marked,
  spelled,
  bigint,
  decimal,
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
);

/** Types of `chunk_id`, and values that it takes. */
const types: Readonly<Record<string, fc.Arbitrary<string>>> = {
  text: fc.oneof(anything, long),
  "varchar(1100)": fc.oneof(anything, long),
  "char(36)": fc.oneof(fc.uuid(), spelled),
  "char(12)": fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }),
  name: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 }),
  bigint,
  integer: fc.integer().map(String),
  smallint: fc.integer({ min: -32_768, max: 32_767 }).map(String),
  numeric: fc.oneof(decimal, bigint, fc.constantFrom("NaN", "12.00", "12", "1e30")),
  "numeric(20,4)": decimal,
  uuid: fc.uuid().map((id) => id.toUpperCase()),
  "double precision": fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  date: fc.constantFrom("2026-01-31", "1999-12-31"),
  "timestamp with time zone": fc.constantFrom("2026-01-31 12:00:00.5+02", "infinity"),
  "bit(5)": fc.constantFrom("10101", "00001"),
  boolean: fc.constantFrom("true", "false"),
  own_text: text,
};

test("a table's look-up finds whatever its scan names, for every type of the column, and nothing that wasn't asked for", async () => {
  await postgres.exec("CREATE DOMAIN own_text AS text");
  const foreign = fc.sample(anything, { numRuns: 60, seed: 7 });
  for (const [type, values] of Object.entries(types)) {
    const rows = [...new Set(fc.sample(values, { numRuns: 30, seed: 1 }))].map(
      (id) => `(${escapeLiteral(id)}::${type})`,
    );
    await postgres.exec(`DROP TABLE IF EXISTS lawful; CREATE TABLE lawful (chunk_id ${type} PRIMARY KEY, entity_id text,
      updated_at timestamptz, embedding vector(2)); INSERT INTO lawful VALUES ${rows.join(",")} ON CONFLICT DO NOTHING`);
    const store = makeTable();
    const { chunks } = await readAll(store, { level: "ids", pageSize: 11 });
    const ids = chunks.map(({ id }) => id);
    const found = await store.lookUp(ids, "fresh", limit());
    const others = await store.lookUp(foreign, "ids", limit());
    const alien = others.map(({ id }) => id).filter((id) => !ids.includes(id) || !foreign.includes(id));
    expect({ type, ids: found.map(({ id }) => id).toSorted(), alien }).toEqual({
      type,
      ids: [...new Set(ids)].toSorted(),
      alien: [],
    });
    await store.close();
  }
});

function makeTable(): ChunkStore {
  const { connectionString, hasSessions } = postgres;
  const spec = makeSpec("pgvector", { connectionString, table: "lawful", preparedStatements: hasSessions });
  return makePgvectorChunkStore(spec, { identity, fields: [] });
}

test("a collection's look-up finds whatever its scan names, in payloads and as ids of points", async () => {
  const integer = bigint.map((digits) => rawJson(digits));
  const payload = fc.oneof(
    fc.oneof(anything, long, integer).map((chunk_id) => ({ chunk_id })),
    fc.constantFrom<object>({}, { chunk_id: null }, { chunk_id: [] }, { chunk_id: ["x"] }, { chunk_id: true }),
  );
  const pointId = fc.oneof(
    fc.uuid(),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => rawJson(String(id))),
  );
  const sample = fc.sample(fc.tuple(pointId, payload), { numRuns: 400, seed: 3 });
  const held: HeldPoints = new Map();
  const named = new Set<string>();
  for (const [id, own] of sample) {
    const { chunk_id } = own as { chunk_id?: unknown };
    const name = JSON.stringify(chunk_id);
    // Text and number of the same digits are one id, and would be a double.
    if (typeof chunk_id !== "boolean" && name !== undefined && named.has(name.replaceAll('"', ""))) continue;
    named.add((name ?? "").replaceAll('"', ""));
    held.set(JSON.stringify(id), { id, payload: own as Record<string, unknown>, vector: [1, 2] });
  }
  serveHeldPoints(server, held);
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  const store = makeQdrantChunkStore(spec, { identity, fields: [] });
  const { chunks } = await readAll(store, { level: "ids", pageSize: 1000 });
  const ids = chunks.map(({ id }) => id);
  const found = await store.lookUp(ids, "fresh", limit());
  expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  await store.close();
});

test("a fraction as chunk_id, which no search finds, is refused by its point", async () => {
  serveHeldPoints(server, new Map([["5", { id: 5, payload: { chunk_id: rawJson("12.0") }, vector: [1, 2] }]]));
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  const store = makeQdrantChunkStore(spec, { identity, fields: [] });
  await expect(store.describe(limit())).rejects.toMatchObject({
    code: "RETR_VERIFY_NOT_COMPARABLE",
    message: expect.stringContaining("the point 5 has 12.0; store it as text") as string,
  });
  await store.close();
});
