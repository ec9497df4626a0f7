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

const highHalf = String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}`;
const lowHalf = String.raw`\\u[dD][c-fC-F]`;
/** Escapes of a NUL, and of half a pair of surrogates without the other one; none whose own backslash is escaped. */
const unheld = String.raw`(?<!\\)((\\\\)*)(\\u0000|${highHalf}(?!${lowHalf})|(?<!(^|[^\\])(\\\\)*${highHalf})${lowHalf}[0-9a-fA-F]{2})`;
/** Found wherever that is, and seldom elsewhere, without a look behind: that takes a tenth of a second in a long text of emojis. */
const notHigh = String.raw`[^\\].{5}|.[^u].{4}|..[^dD]...|...[^89abAB]..|.{4}[^0-9a-fA-F].|.{5}[^0-9a-fA-F]`;
const doubtful = String.raw`\\u0000|${highHalf}(?!${lowHalf})|(^.{0,5}|${notHigh}|\\\\u.{4})${lowHalf}`;

/**
 * `json` may hold escapes of what `jsonb` and texts of Postgres can't: a NUL, and half of a character, where a program cut a
 * text within an emoji. Any look into such a document would end the statement. What stands for it is what stands for any
 * unreadable character.
 */
export function readableJson(column: string): string {
  const text = `${column}::text`;
  // E'…' means the same whatever standard_conforming_strings is.
  const [escape, replacement, sign, any] = [unheld, String.raw`\1\\ufffd`, doubtful, String.raw`\u`].map(escapeLiteral);
  const replaced = `regexp_replace(${text}, ${escape}, ${replacement}, 'g')::json`;
  const isDoubtful = `CASE WHEN strpos(${text}, ${any}) > 0 THEN ${text} ~ ${sign} END`;
  return `(CASE WHEN ${isDoubtful} THEN ${replaced} ELSE ${column} END)`;
}

export function literal(step: string): string {
  return `'${step.replaceAll("'", "''")}'`;
}
