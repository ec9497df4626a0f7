// A field's place as SQL: a column, or a member of a column of json or jsonb.
import type { FieldPath } from "#config/chunk-fields.ts";
import { quoteName } from "./names.ts";

/** Of a row that goes by no other name, or by `row`. */
function columnOf([column]: FieldPath, row: string | undefined): string {
  return `${row === undefined ? "" : `${row}.`}${quoteName(column)}`;
}

export function isColumn(path: FieldPath): boolean {
  return path.length === 1;
}

/** The column, or the member as text. */
export function textAt(path: FieldPath, row?: string): string {
  if (isColumn(path)) return columnOf(path, row);
  const steps = path.slice(1).map((step, index) => `${index === path.length - 2 ? "->>" : "->"} ${literal(step)}`);
  return `(${[columnOf(path, row), ...steps].join(" ")})`;
}

/** The column, or the member as JSON of the column's own kind. */
export function valueAt(path: FieldPath, row?: string): string {
  if (isColumn(path)) return columnOf(path, row);
  return `(${[columnOf(path, row), ...path.slice(1).map(literal)].join(" -> ")})`;
}

export function literal(step: string): string {
  return `'${step.replaceAll("'", "''")}'`;
}
