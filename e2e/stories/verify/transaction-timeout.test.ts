// Servers since version 17 may end transactions that take long, and a scan is one.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { openTable } from "../../store-matrix/law/answers.ts";
import { limit } from "../../store-matrix/law/probed.ts";

test("a scan takes longer than the server lets transactions of others take", async () => {
  const server = await startWheelPostgres({ address: "127.0.0.78", version: "18-0.8" });
  try {
    const client = new Client({ connectionString: server.connectionString });
    await client.connect();
    await client.query(`CREATE EXTENSION vector;
      CREATE TABLE long (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(2));
      INSERT INTO long SELECT 'c' || n, 'e', now(), '[1,2]' FROM generate_series(1, 3) AS n;
      ALTER DATABASE postgres SET transaction_timeout TO '400ms'`);
    await client.end();
    const facts = { name: "long", metadata: [], isDated: true, hasNamespace: false, hasText: false };
    const { store, writer, close } = openTable({ ...facts, document: { table: "long" } }, server.connectionString);
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
  } finally {
    await server.close();
  }
});
