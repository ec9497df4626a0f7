// Rows that are much larger than any others, on a real Postgres: they are read in parts, and no chunk stops others.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import { makeSpec } from "@retriever/stores/test/spec.ts";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";

const identity = { kind: "pgvector", label: "huge", digest: "0".repeat(32) };
const limit = () => AbortSignal.timeout(60_000);
let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;

beforeAll(async () => {
  postgres = await startWheelPostgres({ address: "127.0.0.89", version: "16-0.8" });
});

afterAll(() => postgres.close());

/** Rows with a text, of so many characters by their number. */
async function open(rows: number, characters: string) {
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query(`CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS huge;
    CREATE TABLE huge (chunk_id int PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(2), body text);
    ALTER TABLE huge ALTER body SET STORAGE EXTERNAL;
    INSERT INTO huge SELECT n, 'e', '2026-01-31', '[1,2]', repeat('x', ${characters}) FROM generate_series(1, ${rows}) AS n`);
  await client.end();
  const adapter = (await loadAdapters()).find(({ kind }) => kind === "pgvector");
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, table: "huge", metadataColumns: ["body"] });
  const access = { identity, fields: ["body"] };
  const [store, writer] = [adapter?.makeChunkStore?.(spec, access), adapter?.makeChunkWriter?.(spec, access)];
  if (store === undefined || writer === undefined) throw new Error("no such adapter");
  onTestFinished(async () => void (await Promise.all([store.close(), writer.close()])));
  const ids = Array.from({ length: rows }, (_, index) => `${index + 1}`);
  return { store, writer, ids };
}

test("a row of 20 MB is read through, looked up, fetched and written like its neighbours", async () => {
  const { store, writer, ids } = await open(3, "CASE n WHEN 2 THEN 20000000 ELSE 10 END");
  let read = 0;
  for await (const { count } of store.scan({ level: "payload", sinceMs: null, after: null, pageSize: 100 }, limit()))
    read += count;
  const fetched = await writer.fetch(ids, limit());
  expect([read, (await store.lookUp(ids, "payload", limit())).length, fetched.length]).toEqual([3, 3, 3]);
  const writes = fetched.map((chunk) => ({ chunk: { ...chunk, entityId: "f" }, over: chunk.version }));
  expect(await writer.write(writes, limit())).toEqual([]);
});

test("chunks of more than 128 MB together are fetched in parts", async () => {
  const { writer, ids } = await open(68, "2000000");
  expect((await writer.fetch(ids, limit())).map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(
    ids.map(Number),
  );
});

test("a page of more than 256 MB behind small rows is read by fewer rows", async () => {
  const { writer, ids } = await open(210, "CASE WHEN n > 50 THEN 2000000 ELSE 10 END");
  const read: number[] = [];
  for await (const { chunks } of writer.scan({ after: null, pageSize: 500 }, limit()))
    read.push(...chunks.map(({ id }) => Number(id)));
  expect(read).toEqual(ids.map(Number));
});
