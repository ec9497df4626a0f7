// A namespace, which is text as it is asked for, against a column of whatever type: one that the column can't hold is in no
// row, and no error.
import type { FieldPath } from "#config/chunk-fields.ts";
import { isColumn, textAt } from "../client/field-sql.ts";
import { type Comparable, comparedBy, typeOf } from "../client/own-comparison.ts";
import type { Column } from "../client/table-catalogue.ts";

export type Condition = { readonly text: (parameter: string) => string; readonly value: string };
type Known = Comparable & Pick<Column, "isLoose">;
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

/** By the text, whatever the column takes for equal; an index serves the comparison before it. */
function hasText(place: string, column: Known, namespace: string): Condition {
  if (/^(text|varchar)$/.test(column.type) && !column.isLoose)
    return { text: (parameter) => `${place} = ${parameter}`, value: namespace };
  const found = indexed(place, column);
  const exact = (parameter: string): string => `${place}::text = ${parameter}::text COLLATE "C"`;
  return {
    text: (parameter) => (found === null ? "" : `${found(parameter)} AND `) + exact(parameter),
    value: namespace,
  };
}

/** A comparison of the column's own, true of every row whose text is the parameter; null: of this type there is none. */
function indexed(place: string, column: Known): Condition["text"] | null {
  const { type, isEnum, isLoose } = column;
  const name = typeOf(column);
  // A text that is no label is none of the type's values, where a cast of it would be an error.
  const labels = `pg_catalog.unnest(pg_catalog.enum_range(NULL::${name})) AS labels (label)`;
  if (isEnum)
    return (parameter) =>
      `${comparedBy("=", place, column)} (SELECT label FROM ${labels} WHERE label::text = ${parameter}::text)`;
  if (!isLoose && !/^(bpchar|citext|name)$/.test(type)) return null;
  return (parameter) => `${comparedBy("=", place, column)} ${parameter}::text::${name}`;
}

function isInteger(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
