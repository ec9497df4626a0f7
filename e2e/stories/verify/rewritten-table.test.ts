// A table that another transaction writes anew while somebody waits to read it: to a snapshot from before, the server shows
// it empty.
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { eventually } from "#support/eventually.ts";
import { type Opened, openTable } from "../../store-matrix/law/answers.ts";
import { limit } from "../../store-matrix/law/probed.ts";

let server: Awaited<ReturnType<typeof startWheelPostgres>>;
let client: Client;
const ids = ["a", "b", "c"];

beforeAll(async () => {
  server = await startWheelPostgres({ address: "127.0.0.139", version: "16-0.8" });
  client = await connect();
  await client.query("CREATE EXTENSION vector");
});

afterAll(async () => {
  await client.end();
  await server.close();
});

async function connect(): Promise<Client> {
  const made = new Client({ connectionString: server.connectionString });
  await made.connect();
  return made;
}

/** How a table is read, and what of it: ids. */
const readings = {
  "read through": async ({ store }: Opened) => {
    const read: string[] = [];
    const whole = { level: "vector", sinceMs: null, after: null, pageSize: 2 } as const;
    for await (const { idBytes, count } of store.scan(whole, limit()))
      read.push(...Buffer.from(idBytes).toString("utf8", 0, count).split(""));
    return read;
  },
  "read through whole": async ({ writer }: Opened) => {
    const read: string[] = [];
    for await (const { chunks } of writer.scan({ after: null, pageSize: 2 }, limit()))
      read.push(...chunks.map(({ id }) => id));
    return read;
  },
  "looked up": async ({ store }: Opened) => (await store.lookUp(ids, "vector", limit())).map(({ id }) => id),
  "looked up whole": async ({ writer }: Opened) => (await writer.fetch(ids, limit())).map(({ id }) => id),
} as const;

const columns = "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(2)";
const rows = `SELECT id, 'e', now(), '[1,0]' FROM unnest('{a,b,c}'::text[]) AS id`;
const makeTable = `CREATE TABLE anew (${columns}); INSERT INTO anew ${rows}`;

/** What makes the relation `anew`, and what writes it anew. */
const rewrites = {
  "by a change of its type": [makeTable, "ALTER TABLE anew ALTER COLUMN entity_id TYPE varchar(9)"],
  "by loading it anew": [makeTable, `TRUNCATE anew; INSERT INTO anew ${rows}`],
  "by another table of its name": [
    makeTable,
    `ALTER TABLE anew RENAME TO before; CREATE TABLE anew (${columns}); INSERT INTO anew ${rows}; DROP TABLE before`,
  ],
  "in a partition": [
    `CREATE TABLE anew (${columns}) PARTITION BY LIST (chunk_id); CREATE TABLE part PARTITION OF anew DEFAULT; INSERT INTO anew ${rows}`,
    `TRUNCATE part; INSERT INTO anew ${rows}`,
  ],
  "below a view": [
    `CREATE TABLE below (${columns}); INSERT INTO below ${rows}; CREATE VIEW anew AS SELECT * FROM below`,
    `TRUNCATE below; INSERT INTO below ${rows}`,
  ],
  "as a materialised view": [
    `CREATE TABLE below (${columns}); INSERT INTO below ${rows}; CREATE MATERIALIZED VIEW anew AS SELECT * FROM below;
      CREATE UNIQUE INDEX ON anew (chunk_id)`,
    "REFRESH MATERIALIZED VIEW anew",
  ],
} as const;

test.each(Object.keys(rewrites) as (keyof typeof rewrites)[])(
  "a table that is written anew %s is read whole by whoever waited for it",
  async (how) => {
    const [make, rewrite] = rewrites[how];
    for (const [name, read] of Object.entries(readings)) {
      await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION IF NOT EXISTS vector");
      await client.query(make);
      const facts = { name: "anew", metadata: [], isDated: true, hasNamespace: false, hasText: false };
      const opened = openTable({ ...facts, document: { table: "anew" } }, server.connectionString);
      onTestFinished(async () => void (await opened.close()));
      // What is known of the table is read beforehand.
      await read(opened);
      await client.query(`BEGIN; ${rewrite}`);
      const reading = read(opened);
      await eventually("the reading waits", async () => {
        const { rowCount } = await client.query("SELECT 1 FROM pg_locks WHERE NOT granted");
        return rowCount === 1;
      });
      await client.query("COMMIT");
      const outcome = await reading.then(
        (found) => found.toSorted(),
        (error: { readonly code: string }) => error.code,
      );
      expect([name, outcome]).toEqual([name, ids]);
    }
  },
);
