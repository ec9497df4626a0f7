// How a table writes its moments where they are numbers: in which unit, and whether whole.
import type { PoolClient } from "pg";
import type { FieldPath } from "#config/chunk-fields.ts";
import { type EpochForm, epochUnitOf } from "#values/epoch.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentKindOf } from "../client/moment-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** Rows that are looked at: the largest of them shows the unit. */
const someRows = 100;

/** Null: its moments are no numbers, or members of JSON, each of which is as it is. */
export async function readEpochForm(
  client: PoolClient,
  spec: PgvectorSpec,
  columns: ReadonlyMap<string, Column>,
): Promise<EpochForm | null> {
  const path: FieldPath | null = spec.fields.updatedAt;
  const column = path !== null && isColumn(path) ? columns.get(path[0]) : undefined;
  if (path === null || column === undefined || momentKindOf(path, column.type) !== "number") return null;
  const isWhole = column.type.startsWith("int");
  const name = quoteName(column.name);
  const text = `SELECT max(abs(${name}))::float8 FROM (SELECT ${name} FROM ${rowsOf(spec)} WHERE abs(${name}) < 1e17 LIMIT ${someRows}) AS few`;
  const [row] = await readRows(client, { text, values: [] });
  const largest = row?.[0] ?? null;
  // Of an empty table: what applications write into a column of that type.
  const unit = largest === null ? (column.type === "int8" ? "millisecond" : "second") : epochUnitOf(Number(largest));
  return { unit, isWhole };
}
