// A request's filter as SQL. Values are parameters, names are quoted, and what SQL would leave unknown passes `not`.
import type { Field, PlaceOf } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import type { Bounds, Condition, Filter, FilterValue } from "#ports/filter.ts";
import { readableJson } from "../client/field-sql.ts";
import { quoteName } from "../client/names.ts";
import type { Column, Columns } from "./columns.ts";
import { type Comparand, comparandOf, jsonComparand, jsonText } from "./comparand.ts";

type Table = { readonly columns: Columns; readonly placeOf: PlaceOf };
type Context = Table & {
  /** Takes a value and gives its place in the statement, `$3`. */
  readonly bind: (text: string) => string;
};

/** A boolean expression; true where the filter passes. Throws RETR_BACKEND_MISSING for a field that the table can't serve. */
export function filterSql(filter: Filter, context: Context): string {
  switch (filter.op) {
    case "and":
    case "or": {
      const parts = filter.of.map((each) => filterSql(each, context));
      return parts.length === 0
        ? String(filter.op === "and")
        : `(${parts.join(filter.op === "and" ? " AND " : " OR ")})`;
    }
    case "not":
      return `(${filterSql(filter.of, context)}) IS NOT TRUE`;
    default:
      return conditionSql(filter, context);
  }
}

/** Why the table can't serve a field; undefined: it can. */
export function faultOfField({ name, type }: Field, { columns, placeOf }: Table): string | undefined {
  const [columnName, ...keys] = placeOf(name);
  const column = columns.get(columnName);
  if (column === undefined) return `the table lacks the column ${columnName}`;
  if (isJson(column)) return undefined;
  if (keys.length > 0) return `the column ${columnName} is no JSON`;
  if (comparandOf(type, column, "") !== undefined) return undefined;
  return `the column ${columnName} is of type ${column.type}, which is no ${type}`;
}

function isJson({ type, isArray }: Column): boolean {
  return !isArray && (type === "jsonb" || type === "json");
}

function conditionSql(condition: Condition, context: Context): string {
  const { field } = condition;
  const [columnName, ...keys] = context.placeOf(field.name);
  const column = context.columns.get(columnName);
  const fault = faultOfField(field, context);
  if (column === undefined || fault !== undefined) {
    throw new RetrieverError({ code: "RETR_BACKEND_MISSING", message: `filterable ${field.name}: ${fault}` });
  }
  const sql = quoteName(columnName);
  if (!isJson(column)) return columnSql(condition, { column, sql }, context);
  return jsonSql(condition, { document: column.type === "json" ? `${readableJson(sql)}::jsonb` : sql, keys }, context);
}

type Served = { readonly column: Column; readonly sql: string };

function columnSql(condition: Condition, { column, sql }: Served, context: Context): string {
  if (condition.op === "exists") return column.isArray ? `cardinality(${sql}) > 0` : `${sql} IS NOT NULL`;
  const comparand = comparandOf(condition.field.type, column, column.isArray ? "element" : sql);
  if (comparand === undefined) return "false";
  if (!column.isArray) return compare(condition, comparand, context);
  // The one comparison of arrays that an index of theirs serves.
  if (condition.op === "in" && column.type === "text" && !column.isLoose) {
    return `${sql} && ${bindList(condition.values, comparand, context)}`;
  }
  return `EXISTS (SELECT 1 FROM unnest(${sql}) AS elements (element) WHERE ${compare(condition, comparand, context)})`;
}

type Json = { readonly document: string; readonly keys: readonly string[] };

function jsonSql(condition: Condition, { document, keys }: Json, context: Context): string {
  const contained = containmentOf(condition, keys);
  if (contained !== undefined) {
    return `(${contained.map((each) => `${document} @> ${context.bind(each)}::jsonb`).join(" OR ")})`;
  }
  const value = keys.length === 0 ? document : `${document} #> ${context.bind(arrayOf(keys))}::text[]`;
  if (condition.op === "exists") return `(${value}) NOT IN ('null'::jsonb, '[]'::jsonb)`;
  const comparand = jsonComparand(condition.field.type, "element");
  const list = `CASE jsonb_typeof(${value}) WHEN 'array' THEN ${value} ELSE jsonb_build_array(${value}) END`;
  const from = `jsonb_array_elements(${list}) AS elements (element)`;
  return `EXISTS (SELECT 1 FROM ${from} WHERE ${compare(condition, comparand, context)})`;
}

/** One value as a document that has to be contained, itself or in a list: what an index of the whole column serves. */
function containmentOf(condition: Condition, keys: readonly string[]): readonly string[] | undefined {
  if (condition.op !== "in" || condition.values.length !== 1) return undefined;
  const { type } = condition.field;
  const [value] = condition.values;
  const text = value === undefined ? undefined : jsonText(value);
  if (text === undefined || type === "float" || type === "moment") return undefined;
  const around = (inner: string): string =>
    keys.reduceRight((below, key) => `{${JSON.stringify(key)}:${below}}`, inner);
  // A list contains a bare value only where it is the whole document.
  return keys.length === 0 ? [text] : [around(text), around(`[${text}]`)];
}

/** What no JSON number and no text of a moment is beyond, but NaN and infinity are. */
const extremes: Readonly<Record<string, readonly [FilterValue, FilterValue]>> = {
  integer: [-(2n ** 63n), 2n ** 63n - 1n],
  float: [-Number.MAX_VALUE, Number.MAX_VALUE],
  moment: ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"],
};

function compare(condition: Exclude<Condition, { op: "exists" }>, comparand: Comparand, context: Context): string {
  if (condition.op === "in") return `${comparand.left} = ANY(${bindList(condition.values, comparand, context)})`;
  const [least = "", most = ""] = extremes[condition.field.type] ?? [];
  const { gt, gte, lt, lte }: Bounds = condition.bounds;
  const low = gt === undefined ? ([">=", gte ?? least] as const) : ([">", gt] as const);
  const high = lt === undefined ? (["<=", lte ?? most] as const) : (["<", lt] as const);
  const sides = [low, high].map(([operator, value]) => {
    const text = comparand.textOf(value) ?? "";
    return `${comparand.left} ${operator} ${context.bind(text)}::${comparand.type}`;
  });
  return sides.join(" AND ");
}

/** One parameter for any number of values, so that they are one statement. */
function bindList(values: readonly FilterValue[], { type, textOf }: Comparand, { bind }: Context): string {
  return `${bind(arrayOf(values.flatMap((value) => textOf(value) ?? [])))}::${type}[]`;
}

/** Postgres' text of an array. */
function arrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
