// A field's place as SQL: a column, or a member of a column of json or jsonb.
import { escapeLiteral } from "pg";
import type { FieldPath } from "#config/chunk-fields.ts";
import { quoteName } from "./names.ts";

/** Of a row that goes by no other name, or by `row`. */
function columnOf([column]: FieldPath, row: string | undefined): string {
  return `${row === undefined ? "" : `${row}.`}${quoteName(column)}`;
}

export function isColumn(path: FieldPath): boolean {
  return path.length === 1;
}

type Reading = {
  /** Name of the row; absent: the column's bare name is clear. */
  readonly row?: string | undefined;
  /** Whether the column is of `json` whose texts may be no texts of Postgres. */
  readonly isRaw?: boolean;
};

/** The column, or the member as text. */
export function textAt(path: FieldPath, { row, isRaw = false }: Reading = {}): string {
  if (isColumn(path)) return columnOf(path, row);
  const steps = path.slice(1).map((step, index) => `${index === path.length - 2 ? "->>" : "->"} ${literal(step)}`);
  return `(${[documentOf(path, row, isRaw), ...steps].join(" ")})`;
}

/** The column, or the member as JSON of the column's own kind. */
export function valueAt(path: FieldPath, { row, isRaw = false }: Reading = {}): string {
  if (isColumn(path)) return columnOf(path, row);
  return `(${[documentOf(path, row, isRaw), ...path.slice(1).map(literal)].join(" -> ")})`;
}

function documentOf(path: FieldPath, row: string | undefined, isRaw: boolean): string {
  const column = columnOf(path, row);
  return isRaw ? readableJson(column) : column;
}

/**
 * `json` may hold the escape of a NUL, which `jsonb` and texts of Postgres can't: any look into such a document would end
 * the statement. What stands for it is what stands for any unreadable character.
 */
export function readableJson(column: string): string {
  // E'…' means the same whatever standard_conforming_strings is.
  const [escape, replacement] = [String.raw`(?<!\\)((?:\\\\)*)\\u0000`, String.raw`\1\\ufffd`].map(escapeLiteral);
  const text = `${column}::text`;
  const replaced = `regexp_replace(${text}, ${escape}, ${replacement}, 'g')::json`;
  return `(CASE WHEN strpos(${text}, ${escapeLiteral(String.raw`\u0000`)}) > 0 THEN ${replaced} ELSE ${column} END)`;
}

export function literal(step: string): string {
  return `'${step.replaceAll("'", "''")}'`;
}
