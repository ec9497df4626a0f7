// A Postgres with pgvector to migrate from: the one that PGVECTOR_URL names, a server from a Python wheel, or PGlite in a
// process of its own, whatever comes first.
// Also puts the sample into the table of the retrieval service's contract.
import { join } from "node:path";
import { Client } from "pg";
import { z } from "zod";
import type { Dataset } from "#support/dataset/read.ts";
import { patienceMs } from "#support/patience.ts";
import { startChild } from "./child-process.ts";
import { startWheelPostgres } from "./wheel-postgres.ts";

/** All but pglite are a Postgres of their own. */
type PostgresKind = "external" | "wheel" | "pglite";
export type Postgres = {
  readonly connectionString: string;
  readonly kind: PostgresKind;
  readonly close: () => Promise<void>;
};

const announcementSchema = z.strictObject({ connectionString: z.string() });

/** What to tell people. */
export const postgresNames: Readonly<Record<PostgresKind, string>> = {
  external: "the server of PGVECTOR_URL",
  wheel: "Postgres from a wheel",
  pglite: "PGlite",
};

/**
 * An external server is used as it is and left running; the others end with their caller.
 * PGlite is ONE session for all connections: named prepared statements of two connections collide (so adapters need
 * `preparedStatements: false`), settings are shared, an open transaction blocks everybody, and `COPY … FROM STDIN` ends the
 * connection. It serves demos and functional tests, not tests of concurrency, and its times say nothing about Postgres.
 */
export async function startPostgres(
  address = "127.0.0.1",
  externalUrl = process.env["PGVECTOR_URL"],
): Promise<Postgres> {
  if (externalUrl !== undefined && externalUrl !== "") {
    return { connectionString: externalUrl, kind: "external", close: async () => {} };
  }
  // No Python, no pip, no network, no wheel for this machine: nothing that PGlite doesn't do without.
  const server = await startWheelPostgres({ address }).catch(() => undefined);
  return server === undefined ? startPglite(address) : { ...server, kind: "wheel" };
}

/** PGlite, whatever else there is. */
async function startPglite(address: string): Promise<Postgres> {
  const child = await startChild({
    script: join(import.meta.dirname, "pglite-main.ts"),
    args: ["--address", address],
    env: {},
    announces: announcementSchema,
    deadlineMs: 60_000,
  });
  return { connectionString: child.announced.connectionString, kind: "pglite", close: child.close };
}

export type Table = {
  readonly schema: string;
  readonly table: string;
  /** Default hnsw. `none`: exact answers by reading every row. */
  readonly index?: "hnsw" | "ivfflat" | "none";
};

const rowsPerInsert = 250;
const identifier = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Makes the table anew, with an index for cosine distance, and fills it with the sample. */
export async function loadPgvector(connectionString: string, table: Table, dataset: Dataset): Promise<void> {
  for (const name of [table.schema, table.table]) {
    if (!identifier.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a plain SQL identifier`);
  }
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: patienceMs(10_000),
    statement_timeout: patienceMs(120_000),
  });
  await client.connect();
  try {
    const name = `"${table.schema}"."${table.table}"`;
    await client.query(tableStatements(table.schema, name, dataset.dim));
    for (let start = 0; start < dataset.chunks.length; start += rowsPerInsert) {
      await client.query(insertStatement(name), columnsOf(dataset, start, start + rowsPerInsert));
    }
    const index = indexStatement(table.index ?? "hnsw", name);
    if (index !== undefined) await client.query(index);
    await client.query(`ANALYZE ${name}`);
  } finally {
    await client.end();
  }
}

function tableStatements(schema: string, name: string, dim: number): string {
  return `
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE SCHEMA IF NOT EXISTS "${schema}";
    DROP TABLE IF EXISTS ${name};
    CREATE TABLE ${name} (
      chunk_id text PRIMARY KEY,
      entity_id text NOT NULL,
      namespace text NOT NULL,
      updated_at timestamptz,
      embedding vector(${dim}) NOT NULL,
      lang text,
      pos text,
      words int,
      has_example bool
    )`;
}

/** One statement for many rows: every column comes as one array. */
function insertStatement(name: string): string {
  return `
    INSERT INTO ${name} (chunk_id, entity_id, namespace, updated_at, embedding, lang, pos, words, has_example)
    SELECT chunk_id, entity_id, namespace, updated_at, embedding::vector, lang, pos, words, has_example
    FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bool[])
      AS rows (chunk_id, entity_id, namespace, updated_at, embedding, lang, pos, words, has_example)`;
}

function columnsOf(dataset: Dataset, start: number, end: number): unknown[] {
  const chunks = dataset.chunks.slice(start, end);
  return [
    chunks.map(({ chunkId }) => chunkId),
    chunks.map(({ entityId }) => entityId),
    chunks.map(({ namespace }) => namespace),
    chunks.map(({ updatedAt }) => updatedAt),
    chunks.map((_, row) => `[${dataset.vector(start + row).join(",")}]`),
    chunks.map(({ lang }) => lang),
    chunks.map(({ pos }) => pos),
    chunks.map(({ words }) => words),
    chunks.map(({ hasExample }) => hasExample),
  ];
}

function indexStatement(kind: "hnsw" | "ivfflat" | "none", name: string): string | undefined {
  if (kind === "none") return undefined;
  const options = kind === "ivfflat" ? " WITH (lists = 50)" : "";
  return `CREATE INDEX ON ${name} USING ${kind} (embedding vector_cosine_ops)${options}`;
}
