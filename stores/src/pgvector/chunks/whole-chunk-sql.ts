// SQL that reads, writes and removes whole chunks.
import type { WholeChunk } from "#ports/chunk-store.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { RowQuery } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** Columns of a table that take part; null where the table hasn't one. */
export type ChunkColumns = {
  readonly namespace: string | null;
  readonly embedding: string;
  readonly fields: readonly string[];
};

/** Names of a table's columns, and whether a unique index is on `chunk_id` alone. */
export function columnsQuery({ schema, table }: PgvectorSpec): RowQuery {
  const text = `SELECT a.attname::text, EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
      AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`;
  return { text, values: [schema, table] };
}

/** Rows of chunk_id, entity_id, namespace, updated_at, fields as one JSON object, embedding. */
export function fetchQuery(spec: PgvectorSpec, columns: ChunkColumns, ids: readonly string[]): RowQuery {
  const namespace = columns.namespace === null ? "NULL" : quoteName(columns.namespace);
  const pairs = columns.fields.map((name) => `'${name.replaceAll("'", "''")}', ${quoteName(name)}`);
  const fields = `json_build_object(${pairs.join(", ")})`;
  const embedding = quoteName(columns.embedding);
  const picked = `"chunk_id"::text, "entity_id"::text, ${namespace}::text, to_json("updated_at") #>> '{}', ${fields}, ${embedding}::text`;
  return { text: `SELECT ${picked} FROM ${tableOf(spec)} WHERE "chunk_id" = ANY($1)`, values: [arrayLiteral(ids)] };
}

/**
 * Writes chunks and gives the ids that were written: a row that is newer, by whole milliseconds, stays as it is.
 * All values travel as one JSON document, whose members the server reads as the columns' own types.
 */
export function upsertQuery(spec: PgvectorSpec, columns: ChunkColumns, chunks: readonly WholeChunk[]): RowQuery {
  const own = ["chunk_id", "entity_id", "updated_at", columns.embedding];
  const all = [...own, ...(columns.namespace === null ? [] : [columns.namespace]), ...columns.fields];
  const names = all.map(quoteName).join(", ");
  const changes = all.slice(1).map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`);
  const table = tableOf(spec);
  const text = `INSERT INTO ${table} AS held (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1::json)
    ON CONFLICT ("chunk_id") DO UPDATE SET ${changes.join(", ")}
    WHERE held."updated_at" IS NULL
      OR date_trunc('milliseconds', held."updated_at"::timestamptz) <= date_trunc('milliseconds', EXCLUDED."updated_at"::timestamptz)
    RETURNING "chunk_id"::text`;
  return { text, values: [JSON.stringify(chunks.map((chunk) => rowOf(chunk, columns)))] };
}

function rowOf(chunk: WholeChunk, columns: ChunkColumns): Record<string, unknown> {
  const fields = columns.fields.map((name) => [name, chunk.fields[name] ?? null] as const);
  return {
    ...Object.fromEntries(fields),
    ...(columns.namespace === null ? {} : { [columns.namespace]: chunk.namespace }),
    chunk_id: chunk.id,
    entity_id: chunk.entityId,
    updated_at: chunk.updatedAt,
    [columns.embedding]: chunk.vector === null ? null : vectorText(chunk.vector),
  };
}

export function removeQuery(spec: PgvectorSpec, ids: readonly string[]): RowQuery {
  return { text: `DELETE FROM ${tableOf(spec)} WHERE "chunk_id" = ANY($1)`, values: [arrayLiteral(ids)] };
}

/** `[1,-0,0.5]`: a float32's digits as a double, so that the same float32 comes back; JSON's own printer loses the sign of zero. */
function vectorText(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => (Object.is(value, -0) ? "-0" : String(value))).join(",")}]`;
}

/** Reads pgvector's text. Null for no vector. */
export function readVector(text: string | null): Float32Array | null {
  if (text === null) return null;
  return Float32Array.from(text.slice(1, -1).split(","), Number);
}

function arrayLiteral(ids: readonly string[]): string {
  return `{${ids.map((id) => `"${id.replaceAll(/[\\"]/g, "\\$&")}"`).join(",")}}`;
}
