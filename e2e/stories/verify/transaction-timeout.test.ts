// Servers may be set to end statements and, since version 17, transactions that take long: a scan is one, and a batch
// that is written takes longer than a request.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { openTable } from "../../store-matrix/law/answers.ts";
import { limit } from "../../store-matrix/law/probed.ts";

let server: Awaited<ReturnType<typeof startWheelPostgres>>;

beforeAll(async () => {
  server = await startWheelPostgres({ address: "127.0.0.78", version: "18-0.8" });
  await run(`CREATE EXTENSION vector;
    CREATE TABLE long (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(2));
    INSERT INTO long SELECT 'c' || n, 'e', now(), '[1,2]' FROM generate_series(1, 3) AS n`);
});

afterAll(() => server.close());

async function run(statements: string): Promise<void> {
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  await client.query(statements);
  await client.end();
}

/** On connections that are made from now on. */
async function setting(name: string, value: string): Promise<void> {
  await run(`ALTER DATABASE postgres SET ${name} TO '${value}'`);
  onTestFinished(() => run(`ALTER DATABASE postgres RESET ${name}`));
}

function open(document: object = {}) {
  const facts = { name: "long", metadata: [], isDated: true, hasNamespace: false, hasText: false };
  return openTable({ ...facts, document: { table: "long", ...document } }, server.connectionString);
}

test("a scan takes longer than the server lets transactions of others take", async () => {
  await setting("transaction_timeout", "400ms");
  const { store, writer, close } = open();
  let seen = 0;
  for await (const { count } of store.scan({ level: "vector", sinceMs: null, after: null, pageSize: 1 }, limit())) {
    seen += count;
    await sleep(300);
  }
  for await (const { chunks } of writer.scan({ after: null, pageSize: 1 }, limit())) {
    seen += chunks.length;
    await sleep(300);
  }
  await close();
  expect(seen).toBe(6);
});

test("a batch behind a pooler takes longer than the server lets statements of others take", async () => {
  await run(`CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$;
    CREATE TABLE slow (LIKE long INCLUDING ALL);
    CREATE TRIGGER lingers AFTER INSERT ON slow FOR EACH STATEMENT EXECUTE FUNCTION linger()`);
  await setting("statement_timeout", "300ms");
  const source = open();
  const chunks = await source.writer.fetch(["c1", "c2", "c3"], limit());
  await source.close();
  const { writer, close } = open({ table: "slow", preparedStatements: false });
  expect(await writer.load(chunks, limit())).toEqual([]);
  await close();
});
