// How a column or an element of JSON is compared with a request's values: what stands on the left, and what type the
// values are sent as. Exact, and by the column itself wherever its index can serve.
import type { FieldType } from "#config/filterable.ts";
import type { FilterValue } from "#ports/filter.ts";
import { dayPattern } from "../client/moment-sql.ts";
import { asCompared, lookedUpLabels, typeOf } from "../client/own-comparison.ts";
import type { Column } from "./columns.ts";
import { type Wider, widerEquality, widerRange } from "./wider-comparison.ts";

export type Comparand = {
  /** SQL; null where the row holds no value of the type. */
  readonly left: string;
  /** Type of the parameter. */
  readonly type: string;
  /** Text of the parameter; undefined: no row can hold the value. */
  readonly textOf: (value: FilterValue) => string | undefined;
  /** A list of such texts as SQL; absent: the parameter as a list of the type. */
  readonly listOf?: (parameter: string, texts: readonly string[]) => string;
  /** What an index on the column knows: the comparison itself, a wider one that goes before it, or nothing of it. */
  readonly index: "itself" | Wider | null;
};

const wholeText = (value: FilterValue): string => String(value);
/** Postgres has no text with a NUL. */
const heldText = (value: FilterValue): string | undefined => (String(value).includes("\0") ? undefined : String(value));
/** No text of a char(n) ends with a blank, and its comparison passes over those of both sides. */
const unpaddedText = (value: FilterValue): string | undefined =>
  String(value).endsWith(" ") ? undefined : heldText(value);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Compared = Omit<Column, "isArray" | "indexes" | "isReadable">;

/** What a column of one of these types is compared as; undefined: it can't hold such a field. */
export function comparandOf(type: FieldType, column: Compared, sql: string) {
  return byFieldType[type](column, sql);
}

type Of = (column: Compared, sql: string) => Comparand | undefined;
const byFieldType: Readonly<Record<FieldType, Of>> = { keyword, integer, float, boolean, moment };

function keyword(column: Compared, sql: string): Comparand | undefined {
  const { type, isEnum, isLoose } = column;
  // A list of names is in their own collation: beside another one the server wouldn't know which to compare in.
  const index = type === "name" ? null : widerEquality(column, sql);
  const exact = { left: `${sql}::text COLLATE "C"`, type: "text", textOf: heldText, index };
  if (isLoose) return exact;
  if (/^(text|varchar|name)$/.test(type)) return { ...exact, left: sql, index: "itself" };
  if (type === "bpchar") return { left: sql, type, textOf: unpaddedText, index: "itself" };
  if (type === "uuid") {
    const textOf = (value: FilterValue) => (uuid.test(String(value)) ? String(value) : undefined);
    return { left: sql, type: "uuid", textOf, index: "itself" };
  }
  if (isEnum) return label(column, sql);
  return type === "citext" ? exact : undefined;
}

/** By the labels, of which the planner knows how many rows each has. */
function label(column: Compared, sql: string): Comparand {
  const type = typeOf(column);
  return {
    left: asCompared(sql, column),
    type,
    textOf: heldText,
    listOf: (parameter, texts) =>
      texts.every((text) => column.labels.has(text))
        ? `${parameter}::${type}[]`
        : `ARRAY(${lookedUpLabels(`ANY(${parameter}::text[])`, type)})`,
    index: "itself",
  };
}

function integer({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  const exact = { left: sql, textOf: wholeText, index: "itself" } as const;
  if (/^int[248]$/.test(type)) return { ...exact, type: "int8" };
  return type === "numeric" ? { ...exact, type: "numeric" } : undefined;
}

/** As doubles; up to 15 digits a decimal is told apart from its neighbours by its double, so that it can stay one. */
function float({ type, digits }: Pick<Column, "type" | "digits">, sql: string): Comparand | undefined {
  const exact = { left: sql, textOf: wholeText, index: "itself" } as const;
  if (type === "float8") return { ...exact, type };
  if (type === "numeric" && digits !== null && digits <= 15) return { ...exact, type };
  const index = widerRange(type, sql);
  if (index === undefined) return undefined;
  return { ...exact, left: asDouble(type, sql), type: "float8", index };
}

function asDouble(type: string, sql: string): string {
  // As it is printed: 0.1 of a real is no double 0.1.
  if (type === "float4") return `${sql}::text::float8`;
  return type === "numeric" ? withinDoubles(sql, `${sql}::float8`) : `${sql}::float8`;
}

function boolean({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  return type === "bool" ? { left: sql, type: "bool", textOf: wholeText, index: "itself" } : undefined;
}

function moment({ type }: Pick<Column, "type">, sql: string): Comparand | undefined {
  if (type === "timestamptz") return { left: sql, type, textOf: wholeText, index: "itself" };
  // In UTC, as their values are.
  if (type === "timestamp" || type === "date") {
    return { left: sql, type: "timestamp", textOf: (value) => String(value).slice(0, -1), index: "itself" };
  }
  return type === "text" || type === "varchar" ? momentOfText(sql, "true") : undefined;
}

/** Elements compared by their own type, as indexes of arrays do; undefined: they are compared as another one. */
export function ownElement({ type, isEnum }: Compared, comparand: Comparand): Comparand | undefined {
  if (comparand.index !== "itself") return undefined;
  if (isEnum || comparand.type === type) return comparand;
  if (type === "varchar") return { ...comparand, type };
  const most = mostOf[type];
  if (most === undefined) return undefined;
  const textOf = (value: FilterValue) => (BigInt(value) >= -most && BigInt(value) < most ? String(value) : undefined);
  return { ...comparand, type, textOf };
}

const mostOf: Readonly<Record<string, bigint>> = { int2: 2n ** 15n, int4: 2n ** 31n };

/** What `@>` compares as a filter means it: a member of a document, or of a list in it. */
export function isContainable(type: FieldType): boolean {
  return type !== "float" && type !== "moment";
}

/**
 * Doubles beyond these would be none, and nearer to 0 than half the smallest one they are 0: numeric and jsonb hold any number
 * of digits, and a cast of either would be an error.
 */
function withinDoubles(number: string, cast: string): string {
  const nearest = `CASE WHEN abs(${number}) < 2.4703282292062328e-324 THEN 0 ELSE ${cast} END`;
  return `CASE WHEN abs(${number}) <= 1.7976931348623157e308 THEN ${nearest} END`;
}

/** An element of JSON, of whatever type it is. */
export function jsonComparand(type: FieldType, sql: string): Comparand {
  const isNumber = `jsonb_typeof(${sql}) = 'number'`;
  const exact = { textOf: wholeText, index: null } as const;
  switch (type) {
    case "integer":
      return { ...exact, left: `CASE WHEN ${isNumber} THEN ${sql}::numeric END`, type: "numeric" };
    case "float": {
      const left = `CASE WHEN ${isNumber} THEN ${withinDoubles(`${sql}::numeric`, `${sql}::float8`)} END`;
      return { ...exact, left, type: "float8" };
    }
    case "moment":
      return momentOfText(`(${sql} #>> '{}')`, `jsonb_typeof(${sql}) = 'string'`);
    case "keyword":
    case "boolean":
      return { left: sql, type: "jsonb", textOf: jsonText, index: null };
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
  return { left, type: "timestamptz", textOf: wholeText, index: null };
}
