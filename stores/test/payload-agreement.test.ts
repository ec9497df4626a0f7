// A chunk's digest is the same from a table's columns of every type and from the payload an application copies them to.
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChunkPage } from "#chunks/chunk-page.ts";
import { type DigestRules, digestRules, hexOf } from "#chunks/payload-digest.ts";
import { makePgvectorChunkStore } from "#pgvector/chunks/chunk-store.ts";
import type { ChunkStore } from "#ports/chunk-store.ts";
import { placesOf, readScroll } from "#qdrant/chunks/scroll-page.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { rawJson } from "#values/exact-json.ts";
import { makePoints } from "./points.ts";
import { makeSpec } from "./spec.ts";

const types = {
  words: "text",
  code: "varchar(400)",
  pages: "bigint",
  weight: "real",
  score: "double precision",
  price: "numeric(20,6)",
  is_open: "boolean",
  seen_at: "timestamptz",
  noted_at: "timestamp",
  second_at: "timestamp(0)",
  milli_at: "timestamptz(3)",
  day: "date",
  days: "date[]",
  tags: "text[]",
  more: "jsonb",
} as const;
const fields = Object.keys(types).toSorted();
const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };

let postgres: TestPostgres;
let store: ChunkStore;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  const columns = Object.entries(types).map(([name, type]) => `"${name}" ${type}`);
  await postgres.exec(
    `CREATE TABLE typed (chunk_id text PRIMARY KEY, entity_id bigint, namespace text, updated_at timestamptz,
      embedding vector(2), ${columns.join(", ")})`,
  );
  const { connectionString, hasSessions } = postgres;
  const spec = makeSpec("pgvector", { connectionString, table: "typed", preparedStatements: hasSessions });
  store = makePgvectorChunkStore(spec, { identity, fields });
});

afterAll(async () => {
  await store.close();
  await postgres.close();
});

// Postgres holds neither NUL nor lone surrogates.
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((value) => !value.includes("\0"));
// To the nanosecond, of which Postgres keeps microseconds.
const moment = fc
  .tuple(
    fc.date({ min: new Date("1950-01-01"), max: new Date("2199-01-01"), noInvalidDate: true }),
    fc.constantFrom("", "000", "001", "999", "123456", "999999", "500", "000500", "9995"),
  )
  .map(([date, finer]) => `${date.toISOString().slice(0, -1)}${finer}Z`);
// The last half microsecond of a day belongs to the day itself.
const day = moment.map((text) => text.replace(/\.\d+/, ".999999"));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("value"), { maxLength: 3 }),
  object: fc.dictionary(
    text.filter((key) => key !== "__proto__"),
    tie("value"),
    { maxKeys: 3 },
  ),
}));
const few = fc.integer({ min: -100, max: 100 });
const payload = fc.record({
  words: text,
  code: text,
  pages: fc.maxSafeInteger(),
  // Between them a whole number is taken by its digits, of which a `real` prints no more than nine.
  weight: fc.oneof(
    few,
    fc
      .float({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => Math.abs(value) <= 2 ** 24 || Math.abs(value) > 2 ** 53),
  ),
  // Beyond 2^53 Postgres and JavaScript print other digits of the same double.
  score: fc.oneof(
    few,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -(2 ** 63), max: 2 ** 63, noNaN: true }),
  ),
  price: fc.oneof(
    few,
    fc.integer({ min: -1e9, max: 1e9 }).map((millionths) => millionths / 1e6),
  ),
  is_open: fc.boolean(),
  seen_at: moment,
  noted_at: moment,
  second_at: moment,
  milli_at: moment,
  day,
  days: fc.array(day, { maxLength: 2 }),
  tags: fc.array(text, { maxLength: 3 }),
  more: fc.oneof(few, json.value),
});
const row = fc.record({
  entity_id: fc.nat(),
  namespace: fc.option(text),
  fields: fc
    .record({ payload, absent: fc.subarray(fields) })
    .map(({ payload: whole, absent }) =>
      Object.fromEntries(Object.entries(whole).filter(([name]) => !absent.includes(name))),
    ),
});

test("columns of every type and what an application copies of them have one digest", async () => {
  const rows = fc
    .sample(row, 300)
    .map(({ fields: held, ...rest }, index) => ({ chunk_id: `c${index}`, ...rest, ...held }));
  const document = escapeLiteral(JSON.stringify(rows.map((each) => ({ ...each, embedding: "[1,2]" }))));
  await postgres.exec(`INSERT INTO typed SELECT * FROM json_populate_recordset(NULL::typed, ${document}::json)`);
  const signal = AbortSignal.timeout(20_000);
  const { fieldKinds: kinds = [] } = await store.describe(signal);
  store.agreeOn?.({ kinds });
  const rules = digestRules(fields, kinds);
  const found = await store.lookUp(
    rows.map(({ chunk_id }) => chunk_id),
    "payload",
    signal,
  );
  expect(found).toHaveLength(rows.length);
  const byId = new Map(found.map(({ id, payloadDigest }) => [id, payloadDigest]));
  for (const print of [JSON.stringify, printAsPython])
    expect(rows.filter((each) => byId.get(each.chunk_id) !== digestInQdrant(print(each), rules))).toEqual([]);
});

test.each(["json", "jsonb"])(
  "an entity that is a number within %s has the digest of the same number in a payload",
  async (type) => {
    const table = `within_${type}`;
    const dated = "namespace text, updated_at timestamptz, embedding vector(2)";
    const names = ["2", "2.0", "-0.10", "1e2", "9007199254740993", '"2.0"', '"e"', "null"];
    await postgres.exec(`CREATE TABLE ${table} (chunk_id text PRIMARY KEY, ${dated}, meta ${type});
    INSERT INTO ${table} VALUES ${names.map((name) => `('${name}', NULL, now(), NULL, '{"entity":${name}}')`).join(", ")}`);
    const { connectionString, hasSessions } = postgres;
    const where = { connectionString, table, preparedStatements: hasSessions, fields: { entity: "meta.entity" } };
    const within = makePgvectorChunkStore(makeSpec("pgvector", where), { identity, fields: [] });
    const found = await within.lookUp(names, "payload", AbortSignal.timeout(20_000));
    await within.close();
    const byId = new Map(found.map(({ id, payloadDigest }) => [id, payloadDigest]));
    expect(names.map((name) => [name, byId.get(name)])).toEqual(
      names.map((name) => [name, digestInQdrant(`{"entity_id":${name}}`, [], [])]),
    );
  },
);

const doubles = new Set(["weight", "score", "price", "more"]);

/** A double has a point there, also where it is whole. */
function printAsPython(held: object): string {
  return JSON.stringify(held, (key, value: unknown) =>
    doubles.has(key) && Number.isInteger(value) ? rawJson(String(value).replace(/^-?\d+$/, "$&.0")) : value,
  );
}

const collection = makeSpec("qdrant", { url: "http://localhost", collection: "c" });

function digestInQdrant(payload: string, rules: DigestRules, names: readonly string[] = fields): string {
  const page = new ChunkPage({ level: "payload", pageSize: 1, dimension: 0 });
  const text = `{"result":{"points":[{"id":1,"payload":${payload}}],"next_page_offset":null}}`;
  readScroll(Buffer.from(text), page, { places: placesOf(collection, names), rules, vectorName: undefined });
  const [first = 0, second = 0] = page.payloadDigests ?? [];
  return hexOf(first, second);
}
