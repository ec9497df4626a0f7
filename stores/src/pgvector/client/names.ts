// Names in SQL. The schema of the configuration validates them; they are quoted all the same.
import type { PgvectorSpec } from "../config/schema.ts";

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."table"`. */
export function tableOf({ schema, table }: Pick<PgvectorSpec, "schema" | "table">): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** The table's rows that meet the base's condition, under a name; the planner reads it as the table itself. */
export function rowsOf(spec: Pick<PgvectorSpec, "schema" | "table" | "where">, name = "chunks"): string {
  const { where } = spec;
  return where === undefined
    ? `${tableOf(spec)} AS ${name}`
    : `(SELECT * FROM ${tableOf(spec)} WHERE (${where})) AS ${name}`;
}
