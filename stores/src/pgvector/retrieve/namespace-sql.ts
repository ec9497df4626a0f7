// A namespace, which is text as it is asked for, against a column of whatever type: one that the column can't hold is in no
// row, and no error.
import type { FieldPath } from "#config/chunk-fields.ts";
import { isColumn, textAt } from "../client/field-sql.ts";
import { type Comparable, comparedBy, lookedUpLabels, typeOf } from "../client/own-comparison.ts";
import type { Column } from "../client/table-catalogue.ts";

export type Condition = { readonly text: (parameter: string) => string; readonly value: string };
type Known = Comparable & Pick<Column, "isLoose" | "labels">;
type Reading = { readonly column: Known | undefined; readonly isRaw: boolean };

/** Types of numbers and UUIDs, of which one value has several texts: what the parameter is cast to, and texts that the cast takes. */
const own: Readonly<Record<string, { readonly cast: string; readonly takes: (text: string) => boolean }>> = {
  int2: { cast: "::int8", takes: isInteger },
  int4: { cast: "::int8", takes: isInteger },
  int8: { cast: "::int8", takes: isInteger },
  numeric: { cast: "::numeric", takes: (text) => /^-?\d{1,1000}(\.\d{1,1000})?$/.test(text) },
  uuid: { cast: "::uuid", takes: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) },
};

/** Rows of the namespace. Of other types as Postgres prints them, which is the namespace that a verification reports. */
export function inNamespace(path: FieldPath, { column, isRaw }: Reading, namespace: string): Condition {
  const place = textAt(path, { isRaw });
  // No text of Postgres holds a NUL.
  if (namespace.includes("\0")) return inNone;
  if (!isColumn(path) || column === undefined)
    return { text: (parameter) => `${place} = ${parameter}`, value: namespace };
  const compared = own[column.type];
  if (compared?.takes(namespace) === true)
    return { text: (parameter) => `${place} = ${parameter}${compared.cast}`, value: namespace };
  // What numeric holds that is no number; a server before 14 takes no infinite one.
  const isSpelled = column.type === "numeric" && /^(NaN|-?Infinity)$/.test(namespace);
  return compared === undefined || isSpelled ? hasText(place, column, namespace) : inNone;
}

const inNone: Condition = { text: (parameter) => `${parameter}::text IS NULL`, value: "" };

/**
 * By the text, whatever the column takes for equal. One comparison of the column's own where that says as much: the planner
 * multiplies what it expects of two, and would sort a whole namespace instead of asking the vectors' index.
 */
function hasText(place: string, column: Known, namespace: string): Condition {
  const { type, isEnum, isLoose } = column;
  const equals = comparedBy("=", place, column);
  const one = (value: (parameter: string) => string): Condition => ({
    text: (parameter) => `${equals} ${value(parameter)}`,
    value: namespace,
  });
  // The planner knows how many rows a label has.
  if (isEnum)
    return one((parameter) =>
      column.labels.has(namespace)
        ? `${parameter}::${typeOf(column)}`
        : `(${lookedUpLabels(`${parameter}::text`, typeOf(column))})`,
    );
  if (!isLoose && /^(text|varchar|name)$/.test(type)) return one((parameter) => `${parameter}::text`);
  // No text of it ends with a blank, and its comparison passes over those of both sides.
  if (!isLoose && type === "bpchar")
    return namespace.endsWith(" ") ? inNone : one((parameter) => `${parameter}::text::${typeOf(column)}`);
  const exact = (parameter: string): string => `${place}::text = ${parameter}::text COLLATE "C"`;
  // Of the other types there is no comparison of their own with a text.
  if (!isLoose && type !== "citext") return { text: exact, value: namespace };
  return {
    // Within CASE the planner doesn't take it for as rare as the comparison that an index serves.
    text: (parameter) =>
      `${equals} ${parameter}::text::${typeOf(column)} AND CASE WHEN ${exact(parameter)} THEN true END`,
    value: namespace,
  };
}

function isInteger(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
