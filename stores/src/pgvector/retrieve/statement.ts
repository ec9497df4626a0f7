// SQL of a vector query. Values are parameters.
import { hash } from "node:crypto";
import { RetrieverError } from "#errors.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { RowQuery } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

type Shape = Pick<
  PgvectorSpec,
  "schema" | "table" | "embeddingColumn" | "metadataColumns" | "namespaceField" | "distance"
>;

const operators: Readonly<Record<PgvectorSpec["distance"], string>> = {
  cosine: "<=>",
  l2: "<->",
  "inner-product": "<#>",
};

/** Columns of the answer, in this order: chunk_id, entity_id, updated_at, distance. Throws RETR_REQUEST_INVALID. */
export function vectorQuery(shape: Shape, request: BackendRequest): RowQuery {
  const values: (Buffer | string)[] = [request.embedding.binary(), String(request.k)];
  const conditions = filtersOf(shape, request).map(([column, value]) => {
    values.push(String(value));
    return `${quoteName(column)} = $${values.length}`;
  });
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const distance = `${quoteName(shape.embeddingColumn)} ${operators[shape.distance]} $1`;
  const columns = `"chunk_id", "entity_id", "updated_at", ${distance} AS distance`;
  return { text: `SELECT ${columns} FROM ${tableOf(shape)}${where} ORDER BY ${distance} LIMIT $2`, values };
}

/** Name under which a connection keeps the statement prepared. */
export function statementName(text: string): string {
  return `retr_${hash("sha256", text).slice(0, 24)}`;
}

// Sorted, so that the same filters in another order are the same statement.
function filtersOf(shape: Shape, { namespace, filters }: BackendRequest): [string, string | number | boolean][] {
  const entries = Object.entries(filters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [key] of entries) {
    if (!shape.metadataColumns.includes(key)) throw refuseFilter(key, shape.metadataColumns);
  }
  return namespace === undefined ? entries : [[shape.namespaceField, namespace], ...entries];
}

function refuseFilter(key: string, columns: readonly string[]): RetrieverError {
  const message = `filters.${key}: expected one of the store's metadataColumns (${columns.join(", ") || "none"})`;
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: `filters.${key}` });
}
