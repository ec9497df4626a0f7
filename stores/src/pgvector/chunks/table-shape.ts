// Whether a table is still what its catalogue said when it was read.
import { escapeLiteral, type PoolClient } from "pg";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** Columns, the types that they are of, indexes, triggers and rules: what a write is made for. */
const shapeOf = (schema: string, table: string): string => `
SELECT md5(concat_ws(' ', c.oid, c.relkind,
  (SELECT string_agg(concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef,
      a.attidentity, a.attgenerated, t.xmin), ';' ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0),
  (SELECT string_agg(concat_ws(',', i.indexrelid, i.indisvalid, i.indimmediate), ';' ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid),
  (SELECT string_agg(concat_ws(',', g.oid, g.tgenabled), ';' ORDER BY g.oid) FROM pg_trigger g WHERE g.tgrelid = c.oid),
  (SELECT string_agg(concat_ws(',', r.oid, r.ev_enabled), ';' ORDER BY r.oid) FROM pg_rewrite r WHERE r.ev_class = c.oid)))
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = ${schema} AND c.relname = ${table}`;

const text = shapeOf("$1", "$2");

/** SQL of `readShape`, for a statement without values. */
export function shapeQuery({ schema, table }: PgvectorSpec): string {
  return shapeOf(escapeLiteral(schema), escapeLiteral(table));
}

/** Empty for no such table. Another one after whatever changes how a row is written. Rejects with what the driver throws. */
export async function readShape(client: PoolClient, { schema, table }: PgvectorSpec): Promise<string> {
  const [row] = await readRows(client, { text, values: [schema, table] });
  return row?.[0] ?? "";
}
