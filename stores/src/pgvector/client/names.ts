// Names in SQL. The schema of the configuration validates them; they are quoted all the same.
import type { PgvectorSpec } from "../config/schema.ts";

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."table"`. */
export function tableOf({ schema, table }: Pick<PgvectorSpec, "schema" | "table">): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}
