// How a table writes its moments where they are numbers: in which unit, and whether whole.
import type { PoolClient } from "pg";
import type { FieldPath } from "#config/chunk-fields.ts";
import { type EpochWriting, epochFormOfAll } from "#values/epoch.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentKindOf } from "../client/moment-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** Rows that are looked at, whatever they hold. */
const someRows = 10_000;

/** Null: its moments are no numbers, or members of JSON, each of which is as it is. */
export async function readEpochForm(
  client: PoolClient,
  spec: PgvectorSpec,
  columns: ReadonlyMap<string, Column>,
): Promise<EpochWriting> {
  const path: FieldPath | null = spec.fields.updatedAt;
  const column = path !== null && isColumn(path) ? columns.get(path[0]) : undefined;
  if (path === null || column === undefined || momentKindOf(path, column.type) !== "number") return null;
  const isWhole = column.type.startsWith("int");
  const name = quoteName(column.name);
  // What is no moment in any unit shows none, and may be more than a double holds.
  const number = `CASE WHEN ${name} > -1e17 AND ${name} < 1e17 THEN ${name}::float8 END`;
  const few = `SELECT ${number} AS number FROM ${rowsOf(spec)} LIMIT ${someRows}`;
  // One number of each size shows all there is to see.
  const text = `SELECT max(number) FROM (${few}) AS few GROUP BY trunc(log(greatest(abs(number), 1)))`;
  const rows = await readRows(client, { text, values: [] });
  // Of an empty table: what applications write into a column of that type.
  if (rows.length === 0) return { unit: column.type === "int8" ? "millisecond" : "second", isWhole };
  const written = epochFormOfAll(
    rows.map(([number]) => (number === null || number === undefined ? null : Number(number))),
  );
  return written === null || written === "unclear" ? "unclear" : { unit: written.unit, isWhole };
}
