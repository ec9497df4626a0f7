// A column compared by its type's own operator: the one of its indexes and of ORDER BY, whatever the search_path finds.
import { quoteName } from "./names.ts";
import type { Column } from "./table-catalogue.ts";

export type Comparable = Pick<Column, "type" | "typeSchema" | "operatorSchema" | "isEnum">;

/** What stands before a value. */
export function comparedBy(operator: "=" | ">" | "<=", place: string, column: Comparable): string {
  return `${asCompared(place, column)} OPERATOR(${quoteName(column.operatorSchema)}.${operator})`;
}

/** Operators of enums take no domain of one. */
export function asCompared(place: string, column: Comparable): string {
  return column.isEnum ? `${place}::${typeOf(column)}` : place;
}

/** Below any domain. */
export function typeOf({ type, typeSchema }: Pick<Column, "type" | "typeSchema">): string {
  return `${quoteName(typeSchema)}.${quoteName(type)}`;
}

/**
 * Labels of an enum that a parameter may name, as SQL. A cast of what is none is an error: what was no label when they were
 * read, and may be one now, the server looks up, once for the statement.
 */
export function lookedUpLabels(parameter: string, type: string): string {
  return `SELECT label FROM unnest(pg_catalog.enum_range(NULL::${type})) AS labels (label) WHERE label::text = ${parameter}`;
}
