// Writes a table for a repair, and reads from it what is to be written elsewhere. One connection of its own.
import type { PoolClient } from "pg";
import { RetrieverError } from "#errors.ts";
import type { ChunkAccess, ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";
import { parseExact } from "#values/exact-json.ts";
import { codeOf } from "#values/node-error.ts";
import { exactTime } from "#values/time.ts";
import { postgresError } from "../client/classify.ts";
import { makePool, withClient } from "../client/pool.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import {
  type ChunkColumns,
  columnsQuery,
  fetchQuery,
  readVector,
  removeQuery,
  upsertQuery,
} from "./whole-chunk-sql.ts";

/** Longest statement; the caller's signal may end it earlier. */
const statementTimeoutMs = 60_000;

/** Connects on demand only. */
export function makePgvectorChunkWriter(spec: PgvectorSpec, { identity, fields }: ChunkAccess): ChunkWriter {
  const pool = makePool(spec, 1, statementTimeoutMs);
  let known: ChunkColumns | undefined;
  const columnsOf = async (client: PoolClient): Promise<ChunkColumns> => {
    known ??= chooseColumns(spec, fields, await readRows(client, columnsQuery(spec)));
    return known;
  };
  const run = async (signal: AbortSignal, query: (columns: ChunkColumns) => RowQuery): Promise<readonly Row[]> => {
    try {
      return await withClient(pool, signal, async (client) => readRows(client, query(await columnsOf(client))));
    } catch (error) {
      throw writeError(error, signal);
    }
  };
  return {
    identity,
    cautions: async (signal) => {
      const rows = await run(signal, () => columnsQuery(spec));
      return cautionsOf(chooseColumns(spec, fields, rows), fields, rows);
    },
    fetch: async (ids, signal) => {
      const rows = await run(signal, (columns) => fetchQuery(spec, columns, ids));
      return rows.map(readChunk);
    },
    upsert: async (chunks, signal) => {
      if (chunks.length === 0) return [];
      const rows = await run(signal, (columns) => upsertQuery(spec, columns, chunks));
      const written = new Set(rows.map(([id]) => id));
      return chunks.map(({ id }) => id).filter((id) => !written.has(id));
    },
    remove: async (ids, signal) => {
      if (ids.length > 0) await run(signal, () => removeQuery(spec, ids));
    },
    close: () => pool.end(),
  };
}

/** The namespace and agreed fields that the table has columns for. */
function chooseColumns(spec: PgvectorSpec, fields: readonly string[], rows: readonly Row[]): ChunkColumns {
  const present = new Set(rows.map(([name]) => name));
  const own = new Set(["chunk_id", "entity_id", "updated_at", spec.embeddingColumn, spec.namespaceField]);
  return {
    namespace: present.has(spec.namespaceField) ? spec.namespaceField : null,
    embedding: spec.embeddingColumn,
    fields: fields.filter((name) => present.has(name) && !own.has(name)),
  };
}

function cautionsOf(columns: ChunkColumns, fields: readonly string[], rows: readonly Row[]): string[] {
  const lacking = fields.filter((name) => !columns.fields.includes(name));
  const isUnique = rows.some(([name, unique]) => name === "chunk_id" && unique === "t");
  return [
    ...(lacking.length === 0
      ? []
      : [`the table has no columns for ${lacking.join(", ")}: these fields aren't written`]),
    ...(isUnique ? [] : ["chunk_id has no unique index, so that chunks can be removed and not written"]),
  ];
}

function readChunk([id, entityId, namespace, updatedAt, fields, embedding]: Row): WholeChunk {
  return {
    id: id ?? "",
    entityId: entityId ?? null,
    namespace: namespace ?? null,
    updatedAt: exactTime(updatedAt ?? null),
    fields: parseExact(fields ?? "{}") as Record<string, unknown>,
    vector: readVector(embedding ?? null),
  };
}

/** Errors of the chunk that was to be written; reading can fail with all others as well. */
const refusals: Readonly<Record<string, string>> = {
  "42P10": "chunk_id has no unique index, so that a chunk can't be replaced",
  "23502": "a column without default lacks a value",
  "23503": "a foreign key isn't met",
  "23505": "another unique index holds the value already",
  "23514": "a check isn't met",
};

function writeError(error: unknown, signal: AbortSignal): RetrieverError {
  const code = codeOf(error);
  if (signal.aborted || error instanceof RetrieverError) return postgresError(error, signal);
  if (code === "42501") {
    const message = "the credential has no right to write the table (42501)";
    return new RetrieverError({ code: "RETR_BACKEND_AUTH", message }, error);
  }
  const known = refusals[code] ?? (/^2[2-3]/.test(code) ? "a value doesn't fit its column" : undefined);
  if (known === undefined) return postgresError(error, signal);
  const column = error instanceof Error && "column" in error && typeof error.column === "string" ? error.column : null;
  const message = `Postgres refused a chunk: ${known}${column === null ? "" : ` (column ${column})`} (${code})`;
  return new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message }, error);
}
