// How a column or an element of JSON is compared with a request's values: what stands on the left, and what type the
// values are sent as. Exact, and by the column itself wherever its index can serve.
import type { FieldType } from "#config/filterable.ts";
import type { FilterValue } from "#ports/filter.ts";
import { dayPattern } from "../client/moment-sql.ts";
import type { Column } from "./columns.ts";

export type Comparand = {
  /** SQL; null where the row holds no value of the type. */
  readonly left: string;
  /** Type of the parameter. */
  readonly type: string;
  /** Text of the parameter; undefined: no row can hold the value. */
  readonly textOf: (value: FilterValue) => string | undefined;
};

const wholeText = (value: FilterValue): string => String(value);
/** Postgres has no text with a NUL. */
const heldText = (value: FilterValue): string | undefined => (String(value).includes("\0") ? undefined : String(value));
/** No text of a char(n) ends with a blank, and its comparison passes over those of both sides. */
const unpaddedText = (value: FilterValue): string | undefined =>
  String(value).endsWith(" ") ? undefined : heldText(value);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Compared = Pick<Column, "type" | "isEnum" | "isLoose" | "digits">;

/** What a column of one of these types is compared as; undefined: it can't hold such a field. */
export function comparandOf(type: FieldType, column: Compared, sql: string) {
  return byFieldType[type](column, sql);
}

type Of = (column: Compared, sql: string) => Comparand | undefined;
const byFieldType: Readonly<Record<FieldType, Of>> = { keyword, integer, float, boolean, moment };

function keyword({ type, isEnum, isLoose }: Compared, sql: string): Comparand | undefined {
  if (isLoose) return { left: `${sql}::text COLLATE "C"`, type: "text", textOf: heldText };
  if (/^(text|varchar|name)$/.test(type)) return { left: sql, type: "text", textOf: heldText };
  if (type === "bpchar") return { left: sql, type, textOf: unpaddedText };
  if (type === "uuid") {
    return { left: sql, type: "uuid", textOf: (value) => (uuid.test(String(value)) ? String(value) : undefined) };
  }
  if (!isEnum && type !== "citext") return undefined;
  return { left: `${sql}::text`, type: "text", textOf: heldText };
}

function integer({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  if (/^int[248]$/.test(type)) return { left: sql, type: "int8", textOf: wholeText };
  return type === "numeric" ? { left: sql, type: "numeric", textOf: wholeText } : undefined;
}

/** As doubles; up to 15 digits a decimal is told apart from its neighbours by its double, so that it can stay one. */
function float({ type, digits }: Pick<Column, "type" | "digits">, sql: string): Comparand | undefined {
  if (type === "float8") return { left: sql, type: "float8", textOf: wholeText };
  if (type === "numeric" && digits !== null && digits <= 15) return { left: sql, type: "numeric", textOf: wholeText };
  // As it is printed: 0.1 of a real is no double 0.1.
  if (type === "float4") return { left: `${sql}::text::float8`, type: "float8", textOf: wholeText };
  if (type !== "numeric" && !/^int[248]$/.test(type)) return undefined;
  return { left: `${sql}::float8`, type: "float8", textOf: wholeText };
}

function boolean({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  return type === "bool" ? { left: sql, type: "bool", textOf: wholeText } : undefined;
}

function moment({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  if (type === "timestamptz") return { left: sql, type, textOf: wholeText };
  // In UTC, as their values are.
  if (type === "timestamp" || type === "date") {
    return { left: sql, type: "timestamp", textOf: (value) => String(value).slice(0, -1) };
  }
  return type === "text" || type === "varchar" ? momentOfText(sql, "true") : undefined;
}

/** Doubles beyond these would be none: jsonb holds any number of digits. */
const largestDouble = "1.7976931348623157e308";

/** An element of JSON, of whatever type it is. */
export function jsonComparand(type: FieldType, sql: string): Comparand {
  const isNumber = `jsonb_typeof(${sql}) = 'number'`;
  switch (type) {
    case "integer":
      return { left: `CASE WHEN ${isNumber} THEN ${sql}::numeric END`, type: "numeric", textOf: wholeText };
    case "float": {
      const fits = `abs(${sql}::numeric) <= ${largestDouble}`;
      const left = `CASE WHEN ${isNumber} THEN CASE WHEN ${fits} THEN ${sql}::float8 END END`;
      return { left, type: "float8", textOf: wholeText };
    }
    case "moment":
      return momentOfText(`(${sql} #>> '{}')`, `jsonb_typeof(${sql}) = 'string'`);
    case "keyword":
    case "boolean":
      return { left: sql, type: "jsonb", textOf: jsonText };
  }
}

export function jsonText(value: FilterValue): string | undefined {
  if (typeof value === "bigint") return String(value);
  return heldText(value) === undefined ? undefined : JSON.stringify(value);
}

const zone = "(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])";
/** Exactly the texts that `readMoment` reads; any other would end the statement as an error of Postgres. */
const moments = `^(?!0000)${dayPattern}([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?${zone}?)?$`;

function momentOfText(text: string, isText: string): Comparand {
  // Postgres would take a moment without a zone for one of its own, and round where further digits are cut off here.
  const zoned = `CASE WHEN ${text} ~ '[T ].*${zone}$' THEN ${text} ELSE ${text} || ' UTC' END`;
  const cut = `regexp_replace(${zoned}, '([.][0-9]{6})[0-9]+', E'\\\\1')`;
  const left = `CASE WHEN ${isText} THEN CASE WHEN ${text} ~ '${moments}' THEN (${cut})::timestamptz END END`;
  return { left, type: "timestamptz", textOf: wholeText };
}
