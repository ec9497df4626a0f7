// SQL of a vector query. Values are parameters, and every type and operator has its schema: no setting of a role, a
// database or a pooler's session has a part in the answer.
import { hash } from "node:crypto";
import { placeByName } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import type { RowQuery } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { Columns } from "../filter/columns.ts";
import { filterSql } from "../filter/filter-sql.ts";
import type { TableShape } from "./table-shape.ts";

type Searched = Pick<
  PgvectorSpec,
  "schema" | "table" | "where" | "embeddingColumn" | "metadataColumns" | "namespaceField" | "distance"
>;
type Shape = Pick<TableShape, "extension" | "vectorType" | "halfCast" | "hasTextMoments">;

const operators: Readonly<Record<PgvectorSpec["distance"], string>> = {
  cosine: "<=>",
  l2: "<->",
  "inner-product": "<#>",
};

/**
 * Columns of the answer, in this order: chunk_id, entity_id, updated_at, distance; of bits the Hamming distance. Best
 * first as far as the index goes: it may order by half precision, or loosely. `columns`: the table's, for a filter. Throws
 * RETR_REQUEST_INVALID, and RETR_BACKEND_MISSING for a declared field that the table can't serve.
 */
export function vectorQuery(searched: Searched, shape: Shape, request: BackendRequest, columns?: Columns): RowQuery {
  const values: (Buffer | string)[] = [request.embedding.binary(), String(request.k)];
  const bind = (text: string): string => `$${values.push(text)}`;
  const conditions = filtersOf(searched, request).map(
    ([column, value]) => `${quoteName(column)} = ${bind(String(value))}`,
  );
  if (request.filter !== undefined) {
    conditions.push(filterSql(request.filter, { columns: columns ?? new Map(), placeOf: placeByName, bind }));
  }
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  // An exact search compares what is stored, not what an index is made of.
  const { order, distance } = distancesOf(searched, request.isExact === true ? { ...shape, halfCast: null } : shape);
  const vector = quoteName(searched.embeddingColumn);
  const last = order === distance ? `${distance} AS distance` : vector;
  const nearest = `SELECT "chunk_id", "entity_id", "updated_at", ${last} FROM ${rowsOf(searched)}${where} ORDER BY ${order} LIMIT $2`;
  const moment = momentText(shape.hasTextMoments);
  // Of these few rows alone; as numeric, as a float's text depends on a setting.
  const measured = order === distance ? "distance" : distance;
  const text = `SELECT "chunk_id"::text, "entity_id"::text, ${moment}, (${measured})::numeric FROM (${nearest}) AS nearest`;
  return { text, values };
}

/** `order` is what the index is on. */
function distancesOf({ embeddingColumn, distance }: Searched, { extension, vectorType, halfCast }: Shape) {
  const column = quoteName(embeddingColumn);
  const given = `$1::${extension}."vector"`;
  const between = (a: string, operator: string, b: string) => `${a} OPERATOR(${extension}.${operator}) ${b}`;
  const operator = operators[distance];
  if (vectorType === "bit") {
    const hamming = between(column, "<~>", `${extension}."binary_quantize"(${given})`);
    return { order: hamming, distance: hamming };
  }
  const half = `${extension}."halfvec"`;
  const full = between(column, operator, vectorType === "halfvec" ? `${given}::${half}` : given);
  if (halfCast === null) return { order: full, distance: full };
  const type = `${half}(${halfCast})`;
  return { order: between(`${column}::${type}`, operator, `${given}::${type}`), distance: full };
}

/** ms since 1970, without a zone UTC; text as it is. Null for Postgres's infinities. */
export function momentText(isText: boolean): string {
  if (isText) return `"updated_at"::text`;
  return `CASE WHEN isfinite("updated_at") THEN floor(extract(epoch FROM "updated_at") * 1000)::text END`;
}

/** Name under which a connection keeps the statement prepared. */
export function statementName(text: string): string {
  return `retr_${hash("sha256", text).slice(0, 24)}`;
}

// Sorted, so that the same filters in another order are the same statement.
function filtersOf(
  searched: Searched,
  { namespace, filters }: BackendRequest,
): [string, string | number | bigint | boolean][] {
  const entries = Object.entries(filters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [key] of entries) {
    if (!searched.metadataColumns.includes(key)) throw refuseFilter(key, searched.metadataColumns);
  }
  return namespace === undefined ? entries : [[searched.namespaceField, namespace], ...entries];
}

function refuseFilter(key: string, columns: readonly string[]): RetrieverError {
  const message = `filters.${key}: expected one of the store's metadataColumns (${columns.join(", ") || "none"})`;
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: `filters.${key}` });
}
