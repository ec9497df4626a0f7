// A place as an expression whose JSON or text says what the place means.
import type { FieldPath } from "#config/chunk-fields.ts";
import { isColumn, textAt, valueAt } from "./field-sql.ts";

type Reading = NonNullable<Parameters<typeof valueAt>[1]> & {
  /** Of the column. */
  readonly type: string | undefined;
};

/** Without the blanks that fill up a char(n), alone or in a list. */
export function shownAt(path: FieldPath, { type, row, isRaw = type === "json" }: Reading): string {
  const cast = type === "bpchar" ? "::text" : type === "_bpchar" ? "::text[]" : "";
  return `${valueAt(path, { row, isRaw })}${cast}`;
}

/** A name has no decimals: 7.00 is 7. */
export function nameAt(path: FieldPath, { type, row }: Reading): string {
  const text = textAt(path, { row, isRaw: type === "json" });
  return isColumn(path) && type === "numeric" ? `trim_scale(${text})` : text;
}

/** An entity's name within JSON, as JSON: a number is compared by its value, whatever else stands there by its text. */
export function memberNameAt(path: FieldPath, { type, row }: Reading): string {
  const [of, kind] = [{ row, isRaw: type === "json" }, type === "json" ? "json" : "jsonb"];
  const [value, text] = [valueAt(path, of), textAt(path, of)];
  return `(CASE WHEN ${kind}_typeof(${value}) = 'number' THEN ${value} ELSE to_${kind}(${text}) END)`;
}
