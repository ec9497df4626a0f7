// A cheap probe of the table: the catalogue first, rows only while they are few or an index leads to them.
import type { PoolClient } from "pg";
import { errorsOf } from "#errors.ts";
import { type ProbeFacts, unknownFacts } from "#ports/backend.ts";
import { readTime } from "#values/time.ts";
import { tableOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

/** Tables of up to this many rows are counted; for larger ones the planner's estimate is used. */
const exactCountLimit = 50_000;

const requiredColumns = ["chunk_id", "entity_id", "updated_at"];

const catalogueQuery = `
SELECT c.reltuples::bigint, a.atttypmod,
  (SELECT string_agg(u.attname::text, ', ') FROM pg_attribute u WHERE u.attrelid = c.oid AND NOT u.attisdropped
    AND u.attname = ANY (ARRAY['chunk_id', 'entity_id', 'updated_at'])),
  EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute u ON u.attrelid = c.oid AND u.attnum = i.indkey[0]
    WHERE i.indrelid = c.oid AND u.attname = 'updated_at' AND i.indpred IS NULL)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = $3 AND NOT a.attisdropped
WHERE n.nspname = $1 AND c.relname = $2`;

/** Facts of a table that answers. Rejects with what the driver throws, and with RETR_BACKEND_MISSING. */
export async function probeTable(client: PoolClient, spec: PgvectorSpec): Promise<ProbeFacts> {
  const values = [spec.schema, spec.table, spec.embeddingColumn];
  const [row] = await readRows(client, { text: catalogueQuery, values });
  if (row === undefined) throw missing("Postgres has no such table");
  const [estimate, typeModifier, found, hasTimeIndex] = row;
  const lacking = requiredColumns.filter((column) => !(found ?? "").split(", ").includes(column));
  if (typeModifier === null) lacking.push(spec.embeddingColumn);
  if (lacking.length > 0) throw missing(`the table lacks ${lacking.join(", ")}`);
  const { count, isExact } = await countRows(client, spec, Number(estimate));
  const isCheap = hasTimeIndex === "t" || isExact;
  const dimension = Number(typeModifier);
  return {
    ...unknownFacts,
    reachable: true,
    tls: spec.tls === null ? "off" : "verified",
    authenticated: true,
    exists: true,
    dimension: dimension > 0 ? dimension : null,
    count,
    newestUpdatedAt: isCheap ? await readNewest(client, spec) : null,
    fault: null,
  };
}

async function countRows(client: PoolClient, spec: PgvectorSpec, estimate: number) {
  if (estimate > exactCountLimit * 1.2) return { count: estimate, isExact: false };
  const text = `SELECT count(*) FROM (SELECT 1 FROM ${tableOf(spec)} LIMIT ${exactCountLimit + 1}) AS few`;
  const [row] = await readRows(client, { text, values: [] });
  const count = Number(row?.[0] ?? 0);
  return count > exactCountLimit ? { count: Math.max(count, estimate), isExact: false } : { count, isExact: true };
}

async function readNewest(client: PoolClient, spec: PgvectorSpec): Promise<string | null> {
  const text = `SELECT max("updated_at") FROM ${tableOf(spec)}`;
  const [row] = await readRows(client, { text, values: [] });
  return readTime(row?.[0]);
}
