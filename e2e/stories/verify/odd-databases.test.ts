// Databases of another encoding, and tables whose rows lie in other tables, on a real Postgres: what is asked for is found,
// what can't be there isn't, and neither is an error.

import { requestOf } from "@retriever/stores/test/requests.ts";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { eventually } from "#support/eventually.ts";
import { type Opened, openTable } from "../../store-matrix/law/answers.ts";
import { limit } from "../../store-matrix/law/probed.ts";

let server: Awaited<ReturnType<typeof startWheelPostgres>>;

beforeAll(async () => {
  server = await startWheelPostgres({ address: "127.0.0.78", version: "16-0.8" });
});

afterAll(() => server.close());

const columns =
  "chunk_id text PRIMARY KEY, entity_id text, namespace text, updated_at timestamptz, embedding vector(4)";

async function open(encoding: string, statements: string): Promise<Opened> {
  const database = `odd_${encoding.toLowerCase()}`;
  const admin = new Client({ connectionString: server.connectionString });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${database}`);
  await admin.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
  await admin.end();
  const url = new URL(server.connectionString);
  url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`CREATE EXTENSION vector; CREATE TABLE odd (${columns}); ${statements}`);
  await client.end();
  const facts = { name: database, metadata: ["namespace"], isDated: true, hasNamespace: true };
  const document = { table: "odd", metadataColumns: ["namespace"] };
  const opened = openTable({ ...facts, hasText: false, document }, url.href);
  onTestFinished(async () => void (await opened.close()));
  return opened;
}

const row = (id: string, into = "odd"): string =>
  `INSERT INTO ${into} VALUES ('${id}', 'e', 'nö', '2026-01-01', '[1,0,0,0]')`;

test.each(["LATIN1", "WIN1251", "UTF8"])(
  "in a database of %s what its encoding has no character for is in no row",
  async (encoding) => {
    const letter = encoding === "WIN1251" ? "ж" : "ö";
    const { backend, store, writer } = await open(encoding, row("a").replace("ö", letter));
    const ask = async (body: object): Promise<number> => {
      const request = requestOf({ embedding: [1, 0, 0, 0], k: 10, ...body });
      return (await backend.retrieve(request, limit())).candidates.length;
    };
    expect(await ask({ namespace: `n${letter}` })).toBe(1);
    expect(await ask({ namespace: "漢" })).toBe(0);
    expect(await ask({ filters: { namespace: "漢" } })).toBe(0);
    // Beside `or` and `not` nothing follows from it for a row.
    const filter = { op: "in", field: { name: "namespace", type: "keyword", isList: false }, values: ["漢"] };
    const filtered = await ask({ filter }).catch((error: { readonly path: string }) => error.path);
    expect(filtered).toBe(encoding === "UTF8" ? 0 : "filter");
    const ids = ["b", "漢", "a", "😀", "c"];
    expect((await store.lookUp(ids, "fresh", limit())).map(({ id }) => id)).toEqual(["a"]);
    expect((await writer.fetch(ids, limit())).map(({ id }) => id)).toEqual(["a"]);
  },
);

test("a scan goes on after a pause for which the database ends the transactions of others", async () => {
  const limited = "ALTER DATABASE odd_utf8 SET idle_in_transaction_session_timeout TO '200ms'";
  const { store } = await open("UTF8", `${limited}; ${["a", "b", "c"].map((id) => row(id)).join(";")}`);
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  const ids: string[] = [];
  for await (const batch of store.scan({ level: "ids", sinceMs: null, after: null, pageSize: 1 }, limit())) {
    ids.push(Buffer.from(batch.idBytes).toString("utf8", 0, 1));
    // Ended ones have no row any more.
    const text = `SELECT 1 FROM pg_stat_activity WHERE datname = 'odd_utf8' AND state = 'idle in transaction'
      AND clock_timestamp() - state_change < interval '400 ms'`;
    await eventually("the pause is over", async () => (await client.query(text)).rowCount === 0);
  }
  expect(ids).toEqual(["a", "b", "c"]);
});

test("an id that a table and one that inherits from it hold comes twice, and no chunk is added beside it", async () => {
  const { store, writer } = await open(
    "UTF8",
    `CREATE TABLE heir () INHERITS (odd); ${["a", "b", "c"].map((id) => row(id)).join(";")}; ${["b", "d"].map((id) => row(id, "heir")).join(";")}`,
  );
  const read: string[] = [];
  const doubled: string[] = [];
  const whole = { level: "ids", sinceMs: null, after: null, pageSize: 2 } as const;
  for await (const batch of store.scan(whole, limit())) {
    const ids = Buffer.from(batch.idBytes).toString();
    for (let at = 0; at < batch.count; at += 1) read.push(ids.charAt(at));
    doubled.push(...(batch.doubledIds ?? []));
  }
  expect({ read: [...new Set(read)], doubled }).toEqual({ read: ["a", "b", "c", "d"], doubled: ["b"] });
  const [chunk] = await writer.fetch(["d"], limit());
  const left = await writer.load([{ ...(chunk as NonNullable<typeof chunk>), id: "e" }], limit());
  expect(left).toMatchObject([{ id: "e", why: "refused" }]);
});
