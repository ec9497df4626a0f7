// A request's filter as SQL. Values are parameters, names are quoted, and what SQL would leave unknown passes `not`.
import type { Field, PlaceOf } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import type { Condition, Filter } from "#ports/filter.ts";
import { readableJson } from "../client/field-sql.ts";
import { quoteName } from "../client/names.ts";
import type { Column, Columns } from "./columns.ts";
import { comparandOf, isContainable, jsonComparand, jsonText, ownElement } from "./comparand.ts";
import { arrayOf, type Bind, compare, listSql } from "./comparison-sql.ts";

type Table = { readonly columns: Columns; readonly placeOf: PlaceOf };
type Context = Table & { readonly bind: Bind };

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
  if (!column.isReadable) return `the role has no right to read the column ${columnName}`;
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
  if (!column.isArray) return compare(condition, comparand, context.bind);
  const own = ownElement(column, comparand);
  if (condition.op === "in" && own !== undefined) {
    return `${sql} && ${listSql(condition.values, own, context.bind)}`;
  }
  const element = { ...comparand, index: null };
  return `EXISTS (SELECT 1 FROM unnest(${sql}) AS elements (element) WHERE ${compare(condition, element, context.bind)})`;
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
  return `EXISTS (SELECT 1 FROM ${from} WHERE ${compare(condition, comparand, context.bind)})`;
}

/** A few values as documents that have to be contained, themselves or in a list: what an index of the whole column serves. */
function containmentOf(condition: Condition, keys: readonly string[]): readonly string[] | undefined {
  if (condition.op !== "in" || condition.values.length > mostContained || !isContainable(condition.field.type))
    return undefined;
  const texts = condition.values.flatMap((value) => jsonText(value) ?? []);
  if (texts.length === 0) return undefined;
  const around = (inner: string): string =>
    keys.reduceRight((below, key) => `{${JSON.stringify(key)}:${below}}`, inner);
  // A list contains a bare value only where it is the whole document.
  return texts.flatMap((text) => (keys.length === 0 ? [text] : [around(text), around(`[${text}]`)]));
}

/** Each is a statement of its own: more values are one, which reads all rows. */
const mostContained = 16;
