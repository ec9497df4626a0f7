// A table that somebody changes while a writer is open, as a sync is for weeks, and one whose columns have values of their
// own, on a real server.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { ChunkWriter, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { makeSpec } from "@retriever/stores/test/spec.ts";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { eventually } from "#support/eventually.ts";

const dated = "chunk_id text PRIMARY KEY, entity_id text, namespace text, updated_at timestamptz, embedding vector(2)";
const limit = () => AbortSignal.timeout(60_000);
let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
let client: Client;

beforeAll(async () => {
  postgres = await startWheelPostgres({ address: "127.0.0.133", version: "16-0.8" });
  client = await connect();
  await client.query("CREATE EXTENSION vector");
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

async function connect(): Promise<Client> {
  const made = new Client({ connectionString: postgres.connectionString });
  await made.connect();
  return made;
}

async function makeWriter(table: string, columns: string): Promise<ChunkWriter> {
  await client.query(`CREATE TABLE ${table} (${dated}, ${columns})`);
  const pgvector = (await loadAdapters()).find(({ kind }) => kind === "pgvector");
  const spec = makeSpec("pgvector", { connectionString: postgres.connectionString, table });
  const identity = { kind: "pgvector", label: table, digest: "0".repeat(32) };
  const writer = pgvector?.makeChunkWriter?.(spec, { identity, fields: ["lang", "pages"] });
  if (writer === undefined) throw new Error("no writer for pgvector");
  onTestFinished(() => writer.close());
  return writer;
}

function chunk(id: string, fields: WholeChunk["fields"]): WholeChunk {
  const updatedAt = "2026-03-01T00:00:00.000Z";
  return { id, entityId: "e", namespace: "n", updatedAt, fields, vector: Float32Array.of(1, 2) };
}

/** As many as are worth a COPY. */
const many = (of: (index: number) => WholeChunk): WholeChunk[] => Array.from({ length: 30 }, (_, index) => of(index));
const add = (writer: ChunkWriter, chunks: readonly WholeChunk[]) =>
  writer.write(
    chunks.map((each) => ({ chunk: each, over: null })),
    limit(),
  );
const pagesOf = async (table: string) =>
  (await client.query(`SELECT array_agg(pages::text ORDER BY chunk_id COLLATE "C") AS all FROM ${table}`)).rows[0].all;

test("a column that is made wider takes what it refused", async () => {
  const writer = await makeWriter("widened", "lang varchar(3), pages int");
  const chunks = [chunk("large", { pages: 3_000_000_000 }), chunk("long", { lang: "deutsch" })];
  expect((await add(writer, chunks)).map(({ id }) => id).toSorted()).toEqual(["large", "long"]);
  await client.query("ALTER TABLE widened ALTER lang TYPE text, ALTER pages TYPE bigint");
  expect(await add(writer, chunks)).toEqual([]);
});

test.each(["read committed", "repeatable read"])(
  "a column that gets another type between two batches, and in the middle of one, holds values and not their bytes, where the database's transactions are %s",
  async (isolation) => {
    await client.query(
      `DROP TABLE IF EXISTS retyped; ALTER DATABASE postgres SET default_transaction_isolation TO '${isolation}'`,
    );
    onTestFinished(
      async () => void (await client.query("ALTER DATABASE postgres RESET default_transaction_isolation")),
    );
    const writer = await makeWriter("retyped", "lang text, pages bigint");
    const load = (mark: string) =>
      writer.load(
        many((index) => chunk(`${mark}${index}`, { pages: index })),
        limit(),
      );
    expect(await load("a")).toEqual([]);
    await client.query("ALTER TABLE retyped ALTER pages TYPE double precision");
    expect(await load("b")).toEqual([]);
    const other = await connect();
    onTestFinished(() => other.end());
    await other.query("BEGIN; ALTER TABLE retyped ALTER pages TYPE bigint");
    const loading = load("c");
    const waiting = "SELECT 1 FROM pg_locks WHERE relation = 'retyped'::regclass AND NOT granted";
    await eventually("the load waits for the other's lock", async () => (await other.query(waiting)).rows.length > 0);
    await other.query("COMMIT");
    expect(await loading).toEqual([]);
    const numbers = many((index) => chunk(`${index}`, {})).map(({ id }) => id);
    expect(await pagesOf("retyped")).toEqual(["a", "b", "c"].flatMap(() => numbers.toSorted()));
  },
);

test("a table that is made anew under its name is read anew", async () => {
  const writer = await makeWriter("anew", "lang text, pages int, owner text NOT NULL DEFAULT 'o'");
  expect(await add(writer, [chunk("a", {})])).toEqual([]);
  await client.query(`DROP TABLE anew; CREATE TABLE anew (${dated}, lang text, pages int, owner text NOT NULL)`);
  const refused = { why: "refused", reason: expect.stringContaining("column owner: NOT NULL without a default") };
  expect(await add(writer, [chunk("a", {})])).toMatchObject([refused]);
  await client.query("ALTER TABLE anew ALTER owner SET DEFAULT 'o'");
  expect(await add(writer, [chunk("a", {})])).toEqual([]);
});

test.each(["write", "load"] as const)(
  "%s: a new chunk has no field that it doesn't speak of, whatever a column's default is; a held one keeps it",
  async (how) => {
    const table = `defaults_${how}`;
    const writer = await makeWriter(table, "lang text DEFAULT 'en', pages int DEFAULT 7");
    const chunks = many((index) => chunk(`d${index}`, index % 2 === 0 ? {} : { lang: "de", pages: 1 }));
    expect(how === "load" ? await writer.load(chunks, limit()) : await add(writer, chunks)).toEqual([]);
    const [lacking, having] = await fetchBoth(writer);
    expect([lacking?.fields, having?.fields].map((each) => each?.["lang"])).toEqual([null, "de"]);
    await writer.write([{ chunk: chunk("d1", { pages: 2 }), over: having?.version ?? "" }], limit());
    expect((await fetchBoth(writer))[1]?.fields["lang"]).toBe("de");
  },
);

async function fetchBoth(writer: ChunkWriter) {
  return (await writer.fetch(["d0", "d1"], limit())).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
