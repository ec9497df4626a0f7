// What the check says of an index is what the planner does: a condition that an index is said to serve is looked up in it,
// and one that isn't, isn't.
import { Client, type PoolClient } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseFilter } from "#filter/parse-filter.ts";
import { caselessType } from "#test/caseless-type.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { checkFields } from "./check-fields.ts";
import { type Columns, readColumns } from "./columns.ts";
import { filterSql } from "./filter-sql.ts";

type Case = {
  readonly declared: string;
  readonly column: string;
  /** SQL of the value of row g: five hundred values, one after the other. */
  readonly value: string;
  readonly asked: readonly (string | number | boolean)[];
  readonly index?: string;
  readonly isServed: boolean;
};

const text = "'v' || g % 500";
const cases: Readonly<Record<string, Case>> = {
  varchar: { declared: "keyword", column: "varchar(9)", value: text, asked: ["v7"], isServed: true },
  collated: {
    declared: "keyword",
    column: "text",
    value: text,
    asked: ["v7"],
    index: '(collated COLLATE "POSIX")',
    isServed: false,
  },
  patterned: {
    declared: "keyword",
    column: "text",
    value: text,
    asked: ["v7"],
    index: "(patterned text_pattern_ops)",
    isServed: true,
  },
  char: { declared: "keyword", column: "char(9)", value: text, asked: ["v7"], isServed: true },
  name: { declared: "keyword", column: "name", value: text, asked: ["v7"], isServed: true },
  label: { declared: "keyword", column: "label", value: `(${text})::label`, asked: ["v7"], isServed: true },
  labels: {
    declared: "keyword",
    column: "label",
    value: `(${text})::label`,
    asked: ["v7", "v8", "v9"],
    isServed: true,
  },
  ended: {
    declared: "keyword",
    column: "label_domain",
    value: `(${text})::label`,
    asked: ["v7", "none"],
    isServed: true,
  },
  caseless: {
    declared: "keyword",
    column: "elsewhere.citext",
    value: `(${text})::elsewhere.citext`,
    asked: ["v7"],
    isServed: true,
  },
  tenant: {
    declared: "keyword",
    column: "uuid",
    value: "md5((g % 500)::text)::uuid",
    asked: ["8f14e45f-ceea-167a-5a36-dedd4bea2543"],
    isServed: true,
  },
  hashed: {
    declared: "keyword",
    column: "label",
    value: `(${text})::label`,
    asked: ["v7"],
    index: "USING hash (hashed)",
    isServed: true,
  },
  pages: { declared: "integer", column: "int4", value: "g % 500", asked: [7], isServed: true },
  total: { declared: "integer", column: "numeric", value: "g % 500", asked: [7], isServed: true },
  score: { declared: "float", column: "float8", value: "g % 500 / 10.0", asked: [0.7], isServed: true },
  weight: { declared: "float", column: "float4", value: "g % 500 / 10.0", asked: [0.7], isServed: true },
  price: { declared: "float", column: "numeric(10,2)", value: "g % 500 / 10.0", asked: [0.7], isServed: true },
  exact: { declared: "float", column: "numeric", value: "g % 500 / 10.0", asked: [0.7], isServed: true },
  words: { declared: "float", column: "int8", value: "g % 500", asked: [7], isServed: true },
  seen: {
    declared: "moment",
    column: "timestamptz",
    value: "'2026-01-01Z'::timestamptz + g % 500 * '1 day'::interval",
    asked: ["2026-01-08"],
    isServed: true,
  },
  day: {
    declared: "moment",
    column: "date",
    value: "'2026-01-01'::date + g % 500",
    asked: ["2026-01-08"],
    isServed: true,
  },
  said: {
    declared: "moment",
    column: "text",
    value: "('2026-01-01'::date + g % 500)::text",
    asked: ["2026-01-08"],
    isServed: false,
  },
  tags: {
    declared: "keyword[]",
    column: "text[]",
    value: `ARRAY[${text}]`,
    asked: ["v7"],
    index: "USING gin (tags)",
    isServed: true,
  },
  codes: {
    declared: "keyword[]",
    column: "varchar[]",
    value: `ARRAY[${text}]`,
    asked: ["v7"],
    index: "USING gin (codes)",
    isServed: true,
  },
  numbers: {
    declared: "integer[]",
    column: "int4[]",
    value: "ARRAY[g % 500]",
    asked: [7, 2 ** 40],
    index: "USING gin (numbers)",
    isServed: true,
  },
  marks: {
    declared: "float[]",
    column: "float4[]",
    value: "ARRAY[g % 500 / 10.0]",
    asked: [0.7],
    index: "USING gin (marks)",
    isServed: false,
  },
  "meta.lang": {
    declared: "keyword",
    column: "jsonb",
    value: `jsonb_build_object('lang', ${text})`,
    asked: ["v7", "v8"],
    index: "USING gin (meta jsonb_path_ops)",
    isServed: true,
  },
  "facts.size": {
    declared: "float",
    column: "jsonb",
    value: "jsonb_build_object('size', g % 500)",
    asked: [7],
    index: "USING gin (facts)",
    isServed: false,
  },
};
const columnOf = (name: string): string => name.replace(/\..*/, "");
const filterable = Object.fromEntries(Object.entries(cases).map(([name, { declared }]) => [name, declared])) as Record<
  string,
  "keyword"
>;

let postgres: TestPostgres;
let client: Client;
let columns: Columns;
const placeOf = (name: string) => name.split(".") as [string, ...string[]];

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  const all = Object.entries(cases);
  const labels = Array.from({ length: 600 }, (_, index) => `'v${index}'`);
  await client.query(`
    CREATE SCHEMA elsewhere; ${caselessType("elsewhere.citext")};
    CREATE TYPE label AS ENUM (${labels.join(", ")}); CREATE DOMAIN label_domain AS label;
    CREATE TABLE chunks (${all.map(([name, { column }]) => `${columnOf(name)} ${column}`).join(", ")});
    INSERT INTO chunks SELECT ${all.map(([, { value }]) => value).join(", ")} FROM generate_series(1, 5000) g;
    ${all.map(([name, { index }]) => `CREATE INDEX ON chunks ${index ?? `(${columnOf(name)})`};`).join("")}
    ANALYZE chunks; SET extra_float_digits TO 1; SET enable_seqscan TO off`);
  columns = await readColumns(client as unknown as PoolClient, { schema: "public", table: "chunks" });
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

async function ask(filter: object, prefix = "SELECT count(*)"): Promise<string> {
  const values: string[] = [];
  const bind = (value: string): string => `$${values.push(value)}`;
  const where = filterSql(parseFilter(filter, filterable), { columns: columns, placeOf, bind });
  return JSON.stringify((await client.query({ text: `${prefix} FROM chunks WHERE ${where}`, values })).rows);
}

test.each(Object.keys(cases))("a filter by %s is looked up in its index, or said not to be", async (name) => {
  const { asked, isServed, declared } = cases[name] as Case;
  const filter = { in: { field: name, values: asked } };
  const { filterFaults, unindexed } = checkFields({ [name]: declared as "keyword" }, columns, placeOf);
  expect(filterFaults).toEqual([]);
  const isLookedUp = (await ask(filter, "EXPLAIN SELECT 1")).includes("Index Cond");
  expect({ isSaid: !unindexed.includes(name), isLookedUp }).toEqual({ isSaid: isServed, isLookedUp: isServed });
  // Ten rows of each value that rows have.
  const held = asked.filter((value) => value !== "none" && value !== 2 ** 40).length;
  expect(await ask(filter)).toBe(JSON.stringify([{ count: `${held * 10}` }]));
});
