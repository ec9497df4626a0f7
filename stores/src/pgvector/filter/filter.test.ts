// Filters on a real table: what the probe says of declared fields, and values that no column holds.
import { Client, type PoolClient } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Filterable } from "#config/filterable.ts";
import { parseFilter } from "#filter/parse-filter.ts";
import type { Backend } from "#ports/backend.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makePgvectorBackend } from "../retrieve/backend.ts";
import { readColumns } from "./columns.ts";
import { filterSql } from "./filter-sql.ts";

const filterable: Filterable = {
  lang: "keyword",
  pages: "integer",
  tenant: "keyword",
  "meta.lang": "keyword",
  "meta.odd-name": "keyword",
  at: "moment",
};

let postgres: TestPostgres;
let backend: Backend;

beforeAll(async () => {
  // The servers of wheels know no collations of ICU.
  postgres = await startPostgres(makePoints(10), "");
  await postgres.exec(`ALTER TABLE vector_chunks ADD tenant uuid, ADD meta jsonb, ADD at timestamptz, ADD many int4[];
    UPDATE vector_chunks SET meta = jsonb_build_object('lang', lang, 'odd-name', 'x'), at = updated_at
    WHERE pages < 5;
    CREATE INDEX ON vector_chunks (lang)`);
  backend = make(filterable);
});

afterAll(async () => {
  await backend.close();
  await postgres.close();
});

function make(fields: Filterable): Backend {
  const tuning = { connectionString: postgres.connectionString, preparedStatements: false, poolSize: 1 };
  return makePgvectorBackend(makeSpec("pgvector", tuning), { ...testDeps, filterable: fields });
}

async function ids(filter: object, from = backend): Promise<number[]> {
  const request = { ...requestOf({ embedding: vectorAt(0), k: 100 }), filter: parseFilter(filter, filterable) };
  const { candidates } = await from.retrieve(request, AbortSignal.timeout(30_000));
  return candidates.map(({ chunkId }) => Number(chunkId.slice(6))).toSorted((a, b) => a - b);
}

const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test.each([
  [{ eq: { field: "lang", value: "a\0b" } }, []],
  [{ not: { eq: { field: "lang", value: "a\0b" } } }, all],
  [{ eq: { field: "tenant", value: "no uuid" } }, []],
  [{ range: { field: "pages", gte: 8, lt: 2 ** 33 } }, [8, 9]],
  [{ in: { field: "pages", values: [2 ** 40, 3] } }, [3]],
  [{ eq: { field: "meta.lang", value: "de" } }, [0, 3]],
  [{ not: { eq: { field: "meta.lang", value: "de" } } }, [1, 2, 4, 5, 6, 7, 8, 9]],
  [{ exists: { field: "meta.odd-name" } }, [0, 1, 2, 3, 4]],
  [{ range: { field: "at", gt: "2026-01-01T01:00:02+01:00" } }, [3, 4]],
])("%j finds %j, and no value of it ends the statement", async (filter, expected) => {
  expect(await ids(filter)).toEqual(expected);
});

test("values are parameters: filters that differ by values alone are one statement", async () => {
  await ids({ in: { field: "lang", values: ["de", `x'); DROP TABLE vector_chunks; --"\\,{}`, "NULL"] } });
  expect(await ids({ in: { field: "lang", values: ["de"] } })).toEqual([0, 3, 6, 9]);
});

test("the probe names what a table can't be filtered by, and what no index serves", async () => {
  const odd = make({ lang: "keyword", pages: "keyword", nope: "float", "lang.x": "keyword", many: "integer[]" });
  const facts = await odd.probe(AbortSignal.timeout(30_000));
  expect(facts).toMatchObject({ exists: true, fault: null });
  expect(facts.filterFaults).toEqual([
    "pages: the column pages is of type int4, which is no keyword",
    "nope: the table lacks the column nope",
    "lang.x: the column lang is no JSON",
  ]);
  expect(facts.remarks).toContain("no index serves filters by pages, many");
  await odd.close();
});

test("a field that the table lacks is the store's fault and named", async () => {
  const bare = make(filterable);
  await postgres.exec("ALTER TABLE vector_chunks DROP at");
  await expect(ids({ exists: { field: "at" } }, bare)).rejects.toMatchObject({
    code: "RETR_BACKEND_MISSING",
    message: "filterable at: the table lacks the column at",
  });
  await bare.close();
});

test.each(["char(8)", "name", "varchar(8)", "text"])(
  "a filter by a column of %s tells blanks apart, and is served by its index",
  async (type) => {
    await postgres.exec(`DROP TABLE IF EXISTS texts; CREATE TABLE texts (lang ${type}); CREATE INDEX ON texts (lang);
      INSERT INTO texts VALUES ('de'), ('en'), ('')`);
    const client = new Client({ connectionString: postgres.connectionString });
    await client.connect();
    try {
      const spec = makeSpec("pgvector", { connectionString: postgres.connectionString, table: "texts" });
      const columns = await readColumns(client as unknown as PoolClient, spec);
      const ask = async (list: readonly string[], explain = "") => {
        const values: string[] = [];
        const bind = (text: string): string => `$${values.push(text)}`;
        const filter = parseFilter({ in: { field: "lang", values: list } }, filterable);
        const where = filterSql(filter, { columns, placeOf: (name) => [name], bind });
        return (await client.query({ text: `${explain} SELECT lang::text FROM texts WHERE ${where}`, values })).rows;
      };
      expect(await ask(["de", "en ", "x".repeat(80)])).toEqual([{ lang: "de" }]);
      expect(await ask(["", "DE"])).toEqual([{ lang: "" }]);
      await client.query("SET enable_seqscan TO off");
      expect(JSON.stringify(await ask(["de", "en"], "EXPLAIN"))).toContain("Index Cond");
    } finally {
      await client.query("RESET enable_seqscan");
      await client.end();
    }
  },
);

test.each([
  { declared: "float", type: "numeric", held: "1e-400", found: 0, others: [1] },
  { declared: "float", type: "jsonb", held: "'{\"of\": 1e-400}'", found: 0, others: [1] },
  { declared: "keyword", type: 'name COLLATE "loose"', held: "'a'", found: "a", others: ["A"] },
] as const)(
  "a filter of $declared by a column of $type isn't ended by a row of $held",
  async ({ declared, type, held, found, others }) => {
    await postgres.exec(`DROP TABLE IF EXISTS odd; DROP COLLATION IF EXISTS loose;
    CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
    CREATE TABLE odd (value ${type}); INSERT INTO odd VALUES (${held})`);
    const client = new Client({ connectionString: postgres.connectionString });
    await client.connect();
    try {
      const spec = makeSpec("pgvector", { connectionString: postgres.connectionString, table: "odd" });
      const columns = await readColumns(client as unknown as PoolClient, spec);
      const passes = async (value: string | number): Promise<boolean> => {
        const values: string[] = [];
        const bind = (text: string): string => `$${values.push(text)}`;
        const filter = parseFilter({ eq: { field: "value", value } }, { value: declared });
        const placeOf = (): [string, ...string[]] => (type === "jsonb" ? ["value", "of"] : ["value"]);
        const where = filterSql(filter, { columns, placeOf, bind });
        return (await client.query({ text: `SELECT FROM odd WHERE ${where}`, values })).rowCount === 1;
      };
      const passed: (string | number)[] = [];
      for (const value of [found, ...others]) if (await passes(value)) passed.push(value);
      expect(passed).toEqual([found]);
    } finally {
      await client.end();
    }
  },
);
