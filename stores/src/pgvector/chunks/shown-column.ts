// A place as an expression whose JSON or text says what the place means.
import type { FieldPath } from "#config/chunk-fields.ts";
import { isColumn, textAt, valueAt } from "../client/field-sql.ts";

/** Without the blanks that fill up a char(n), alone or in a list. `type`: of the column. */
export function shownAt(path: FieldPath, type: string | undefined, row?: string): string {
  const cast = type === "bpchar" ? "::text" : type === "_bpchar" ? "::text[]" : "";
  return `${valueAt(path, { row, isRaw: type === "json" })}${cast}`;
}

/** A name has no decimals: 7.00 is 7. */
export function nameAt(path: FieldPath, type: string | undefined, row?: string): string {
  const text = textAt(path, { row, isRaw: type === "json" });
  return isColumn(path) && type === "numeric" ? `trim_scale(${text})` : text;
}
