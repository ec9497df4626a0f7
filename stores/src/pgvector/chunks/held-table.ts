// Keeps others from writing a table anew while it is read. A snapshot from before shows such a table empty: TRUNCATE, an ALTER
// TABLE that writes the rows anew, and another table of the same name aren't told by snapshots.
import { escapeLiteral, type QueryResult } from "pg";
import { errorsOf } from "#errors.ts";
import { rowsOf, tableOf } from "../client/names.ts";
import { type ChunkTable, scanBeginning } from "./chunk-sql.ts";
import { inSession, type Session } from "./scan-session.ts";

type Named = Pick<ChunkTable, "schema" | "table" | "where">;

const unavailable = errorsOf("RETR_BACKEND_UNAVAILABLE");
/** A table that is loaded anew all the time can't be read through. */
const mostBeginnings = 5;

/** Waits for whoever writes the table anew, and then keeps others from it until the transaction's end; reads nothing. */
export function holding(table: Named): string {
  return `DECLARE "retriever held" CURSOR FOR SELECT FROM ${rowsOf(table)}`;
}

/**
 * Whether the name meant another table when the snapshot was taken, or the table, a partition of it or one below it as a
 * view had another file: catalogues are read by the snapshot, functions of the catalogue see what is now.
 */
function isRewritten(table: Named): string {
  return `WITH RECURSIVE top AS (SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE s.nspname = ${escapeLiteral(table.schema)} AND c.relname = ${escapeLiteral(table.table)}),
  parts AS (SELECT oid FROM top UNION SELECT below.oid FROM parts CROSS JOIN LATERAL (
    SELECT h.inhrelid AS oid FROM pg_inherits h WHERE h.inhparent = parts.oid UNION ALL
    SELECT d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_class'::regclass WHERE r.ev_class = parts.oid AND r.ev_type = '1') AS below)
  SELECT (SELECT oid FROM top) IS DISTINCT FROM to_regclass(${escapeLiteral(tableOf(table))})::oid
    OR EXISTS (SELECT 1 FROM pg_class c JOIN parts ON parts.oid = c.oid
      WHERE c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)) AS is_rewritten`;
}

/** Begins a scan of the table as it is now. Rejects with what the driver throws, and with RETR_BACKEND_UNAVAILABLE. */
export async function beginScan(session: Session, table: Named, timeoutMs: number): Promise<void> {
  const text = `${scanBeginning(timeoutMs)}; ${holding(table)}; ${isRewritten(table)}`;
  const ask = (query: string) => inSession(session, () => session.client.query(query));
  for (let beginning = 1; beginning <= mostBeginnings; beginning += 1) {
    // The driver has a result for each of several statements.
    const results = (await ask(text)) as unknown as readonly QueryResult<{ readonly is_rewritten: boolean }>[];
    if (results.at(-1)?.rows[0]?.is_rewritten !== true) return;
    await ask("ROLLBACK");
  }
  throw unavailable("the table is written anew (TRUNCATE, ALTER TABLE) each time that it is to be read");
}
