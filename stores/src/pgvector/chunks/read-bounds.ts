// Ids that divide a table into parts of about as many rows, from a sample of its pages.
import type { PoolClient } from "pg";
import { tableOf } from "../client/names.ts";
import { asCompared } from "../client/own-comparison.ts";
import { readRows } from "../client/row-query.ts";
import type { ChunkTable } from "./chunk-sql.ts";

/** Rows of the sample for each part: its size is then right within some percent. */
const rowsPerPart = 2000;

/** In the column's own order, each once; at most `parts - 1`. Rejects with what the driver throws. */
export async function readBounds(client: PoolClient, table: ChunkTable, parts: number): Promise<readonly string[]> {
  const name = tableOf(table);
  const about = "SELECT reltuples, relkind FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass";
  const [row] = await readRows(client, { text: about, values: [name] });
  const rows = Number(row?.[0] ?? 0);
  const share = rows > 0 ? (100 * rowsPerPart * parts) / rows : 100;
  // Pages of a view, or of a table in another server, can't be sampled.
  const canSample = /^[rmp]$/.test(String(row?.[1])) && share < 100;
  const sample = canSample ? ` TABLESAMPLE SYSTEM (${share.toFixed(6)}) REPEATABLE (7)` : "";
  const where = table.where === undefined ? "" : ` WHERE (${table.where})`;
  const key = asCompared(`t.${table.id}`, table.idColumn);
  // The last key of each tile but the last one, in the order of a scan. Not every type has a max().
  const text = `SELECT key::text FROM (
      SELECT key, part, lead(part) OVER (ORDER BY key) AS next FROM (
        SELECT key, ntile(${parts}) OVER (ORDER BY key) AS part
        FROM (SELECT DISTINCT ${key} AS key FROM ${name} AS t${sample}${where}) AS keys
      ) AS tiled
    ) AS edges WHERE next > part ORDER BY key`;
  return (await readRows(client, { text, values: [] })).map(([bound]) => String(bound));
}
