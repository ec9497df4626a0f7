// Large tables of light chunks and their copies, made by the server itself, and faults put into a copy.
import type { Client } from "pg";
import { idOf, type SeededFault } from "./faults.ts";

export const dimension = 4;
/** Everything was written then or later, ten milliseconds apart: long before any run. */
const firstAt = "2026-01-01T00:00:00Z";

const idSql = "'document-' || lpad(i::text, 8, '0')";
const timeSql = `timestamptz '${firstAt}' + i * interval '10 milliseconds'`;
const vectorSql = "format('[%s,%s,%s,%s]', 1 + i % 7, i % 11, i % 13, i % 17)::vector";

/** `updated_at` of a chunk, as the tables hold it. */
export function updatedAtOf(index: number): string {
  return new Date(Date.parse(firstAt) + index * 10).toISOString();
}

export function vectorOf(index: number): number[] {
  return [1 + (index % 7), index % 11, index % 13, index % 17];
}

/** Makes the table anew with `rows` chunks. */
export async function makeTable(client: Client, table: string, rows: number): Promise<void> {
  await client.query(`
    CREATE EXTENSION IF NOT EXISTS vector;
    DROP TABLE IF EXISTS ${table};
    CREATE UNLOGGED TABLE ${table} (chunk_id text NOT NULL, entity_id text NOT NULL, namespace text, updated_at timestamptz,
      embedding vector(${dimension}) NOT NULL);
    INSERT INTO ${table} SELECT ${idSql}, 'entity-' || i / 10, 'namespace-' || i % 5, ${timeSql}, ${vectorSql}
      FROM generate_series(0, ${rows - 1}) AS i;
    ALTER TABLE ${table} ADD PRIMARY KEY (chunk_id)`);
  // As autovacuum leaves a table after a while; it can't share a transaction.
  await client.query(`VACUUM ANALYZE ${table}`);
}

/** Puts the faults into a copy. */
export async function seedFaults(client: Client, table: string, faults: readonly SeededFault[]): Promise<void> {
  const ids = (...kinds: readonly string[]): string[] =>
    faults.filter(({ kind }) => kinds.includes(kind)).map(({ index }) => idOf(index));
  const change = (set: string, kind: string) =>
    client.query(`UPDATE ${table} SET updated_at = ${set} WHERE chunk_id = ANY($1)`, [ids(kind)]);
  await client.query(`DELETE FROM ${table} WHERE chunk_id = ANY($1)`, [ids("lost", "lost in a row")]);
  await change("updated_at - interval '1 hour'", "an hour old");
  await change("updated_at - interval '1 millisecond'", "a millisecond old");
  await change("NULL", "undated");
  const left = faults.filter(({ kind }) => kind === "left over").map(({ index }) => index);
  await client.query(
    `INSERT INTO ${table} SELECT ${idSql}, 'entity', 'namespace-0', ${timeSql}, ${vectorSql} FROM unnest($1::int[]) AS i`,
    [left],
  );
}
