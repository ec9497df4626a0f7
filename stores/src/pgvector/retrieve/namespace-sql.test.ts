// Namespaces in columns whose own equality isn't that of texts, on the database itself.
import { Client, escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { inNamespace } from "./namespace-sql.ts";

let postgres: TestPostgres;
let client: Client;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query(`CREATE SCHEMA elsewhere; CREATE TYPE elsewhere.tenant AS ENUM ('acme', 'Acme', 'other');
    CREATE DOMAIN elsewhere.tenant_domain AS elsewhere.tenant; CREATE DOMAIN code AS char(6)`);
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

const pg = {
  typeSchema: "pg_catalog",
  operatorSchema: "pg_catalog",
  isEnum: false,
  isLoose: false,
  labels: new Set<string>(),
};
const labels = new Set(["acme", "Acme", "other"]);
const tenant = { ...pg, type: "tenant", typeSchema: "elsewhere", isEnum: true, labels };

const kinds: [string, typeof tenant][] = [
  ["elsewhere.tenant", tenant],
  ["elsewhere.tenant_domain", tenant],
  // Of which all labels were added since.
  ["elsewhere.tenant_domain", { ...tenant, labels: new Set() }],
  ["char(6)", { ...pg, type: "bpchar" }],
  ["code", { ...pg, type: "bpchar" }],
  ["name", { ...pg, type: "name" }],
  ["text", { ...pg, type: "text" }],
  ["text", { ...pg, type: "text", isLoose: true }],
  ["varchar(6)", { ...pg, type: "varchar" }],
];

test.each(kinds)(
  "a namespace in a column of %s is found by its index, and by its own text alone (%j)",
  async (declared, column) => {
    await client.query(`DROP TABLE IF EXISTS spaces; CREATE TABLE spaces (space ${declared}); CREATE INDEX ON spaces (space);
    INSERT INTO spaces VALUES ('acme'), ('Acme'), ('other'), (NULL); SET enable_seqscan TO off`);
    const found = async (namespace: string): Promise<unknown[]> => {
      const { text, value } = inNamespace(["space"], { column, isRaw: false }, namespace);
      const { rows } = await client.query<{ space: string }>({
        text: `SELECT space::text FROM spaces WHERE ${text("$1")}`,
        values: [value],
      });
      return rows.map(({ space }) => space);
    };
    expect(await found("acme")).toEqual(["acme"]);
    expect(await found("Acme")).toEqual(["Acme"]);
    for (const none of ["ACME", "acme ", "", "no such", "a'c\\me", "ac\0me"]) expect(await found(none)).toEqual([]);
    const { text } = inNamespace(["space"], { column, isRaw: false }, "acme");
    await client.query(`PREPARE asked(text) AS SELECT 1 FROM spaces WHERE ${text("$1")}`);
    const { rows: plan } = await client.query<object>("EXPLAIN EXECUTE asked('acme')");
    await client.query("DEALLOCATE asked");
    expect(JSON.stringify(plan)).toContain("Index Cond");
  },
);

// A search of a namespace expected to be small sorts it whole, where the vectors' index would be faster.
test.each(["generic", "custom"])("a namespace of half the rows is expected to be large by a %s plan", async (plan) => {
  for (const [declared, column] of kinds) {
    await client.query(`DROP TABLE IF EXISTS spaces; CREATE TABLE spaces (space ${declared}); SET plan_cache_mode TO force_${plan}_plan;
      INSERT INTO spaces SELECT CASE WHEN n % 2 = 0 THEN 'acme' ELSE 'other' END::${declared} FROM generate_series(1, 1000) AS n; ANALYZE spaces`);
    const { text } = inNamespace(["space"], { column, isRaw: false }, "acme");
    await client.query(`PREPARE asked(text) AS SELECT 1 FROM spaces WHERE ${text("$1")}`);
    const { rows } = await client.query<object>("EXPLAIN EXECUTE asked('acme')");
    await client.query("DEALLOCATE asked");
    const [, expected] = /rows=(\d+)/.exec(JSON.stringify(rows)) ?? [];
    expect({ declared, isLarge: Number(expected) > 100 }).toEqual({ declared, isLarge: true });
  }
});

const oddLabels = ["a'b", 'c"d', "e\\f", "{g}", "h,i", "NULL", " j ", ""];

test.each([{ known: oddLabels }, { known: [] }])(
  "a label of an enum that no array can hold bare is found, of known ones $known",
  async ({ known }) => {
    const column = { ...tenant, type: "odd", labels: new Set(known) };
    await client.query(`DROP TABLE IF EXISTS odd_spaces; DROP TYPE IF EXISTS elsewhere.odd; CREATE TYPE elsewhere.odd AS ENUM (${oddLabels.map(escapeLiteral).join(", ")});
    CREATE TABLE odd_spaces AS SELECT unnest(enum_range(NULL::elsewhere.odd)) AS space; SET array_nulls TO off`);
    for (const label of oddLabels) {
      const { text, value } = inNamespace(["space"], { column, isRaw: false }, label);
      const values = [value];
      const { rows } = await client.query({ text: `SELECT space::text FROM odd_spaces WHERE ${text("$1")}`, values });
      expect(rows).toEqual([{ space: label }]);
    }
  },
);
