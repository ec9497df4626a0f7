// SQL of a vector query. Values are parameters, and every type and operator has its schema: no setting of a role, a
// database or a pooler's session has a part in the answer.
import { hash } from "node:crypto";
import { type FieldPath, metadataPath, namespacePath, placeIn, textPath } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import { type BackendRequest, mostTextChars } from "#ports/backend.ts";
import { isColumn, literal, textAt, valueAt } from "../client/field-sql.ts";
import { momentText } from "../client/moment-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import type { AnswerLimits, RowQuery } from "../client/row-query.ts";
import { shownAt } from "../client/shown-column.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { Columns } from "../filter/columns.ts";
import { filterSql } from "../filter/filter-sql.ts";
import { type Condition, inNamespace } from "./namespace-sql.ts";
import type { TableShape } from "./shape.ts";

type Searched = Pick<PgvectorSpec, "schema" | "table" | "where" | "embeddingColumn" | "fields" | "distance">;
type Shape = Pick<
  TableShape,
  "extension" | "vectorType" | "cast" | "mostFound" | "momentKind" | "mayLackIds" | "columns" | "jsonColumns"
>;
const mostContentBytes = 24 * 1_048_576;

type Value = string | number | bigint | boolean;

const operators: Readonly<Record<PgvectorSpec["distance"], string>> = {
  cosine: "<=>",
  l2: "<->",
  "inner-product": "<#>",
};

type QueryOf = (shape: Shape, request: BackendRequest, columns?: Columns) => RowQuery;

/** Texts that are kept for a shape; requests with filters of ever new forms must not fill a process. */
const mostTexts = 64;
const mostKeyLength = 1000;

/**
 * Queries of a store. Most requests differ in values alone, and the text that they share is made once for a shape: it took a
 * twelfth of the CPU of a search.
 *
 * Columns of the answer, in this order: id, entity, moment, distance, of bits the Hamming distance, and the text and
 * metadata that are asked for. Best first as far as the index goes: it may order by half precision, or loosely. `columns`: the
 * table's, for a filter. Throws RETR_REQUEST_INVALID, and RETR_BACKEND_MISSING for a declared field that the table can't serve.
 */
export function makeVectorQuery(searched: Searched): QueryOf {
  const textsOf = new WeakMap<Shape, Map<string, string>>();
  return (shape, request, columns) => {
    const values: (Buffer | string)[] = [request.embedding.binary(), String(request.k)];
    const where = whereOf(searched, shape, { request, columns, bind: (text) => `$${values.push(text)}` });
    const known = textsOf.get(shape) ?? new Map<string, string>();
    textsOf.set(shape, known);
    const { content, isExact = false } = request;
    const key = `${isExact} ${JSON.stringify(content)} ${where}`;
    const before = known.get(key);
    const text = before ?? textOf(searched, shape, request, where);
    if (before === undefined && known.size < mostTexts && key.length < mostKeyLength) known.set(key, text);
    return { text, values, limits: limitsOf(request), settings: widened(shape, request) };
  };
}

type Asked = {
  readonly request: BackendRequest;
  readonly columns: Columns | undefined;
  /** Takes a value; the parameter that stands for it. */
  readonly bind: (text: string) => string;
};

/** The conditions, or nothing. */
function whereOf(searched: Searched, shape: Shape, { request, columns = new Map(), bind }: Asked): string {
  const conditions = filtersOf(searched, request, shape).map(({ text, value }) => text(bind(value)));
  if (request.filter !== undefined) {
    const placeOf = placeIn(searched.fields);
    conditions.push(filterSql(request.filter, { columns, placeOf, bind }));
  }
  const { id } = searched.fields;
  // A row that nobody can name is no chunk.
  if (shape.mayLackIds && id !== null) conditions.push(`${quoteName(id[0])} IS NOT NULL`);
  return conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
}

function textOf(searched: Searched, shape: Shape, request: BackendRequest, where: string): string {
  const { id, entity, updatedAt } = searched.fields;
  // An exact search compares what is stored, not what an index is made of.
  const { order, distance } = distancesOf(searched, request.isExact === true ? { ...shape, cast: null } : shape);
  const content = contentOf(searched, request, shape);
  const own = order === distance ? [] : [searched.embeddingColumn];
  const kept = [...new Set([...columnsOf([id, entity, updatedAt]), ...content.columns, ...own])].map(quoteName);
  const measure = order === distance ? [`${distance} AS "chunk distance"`] : [];
  const nearest = `SELECT ${[...kept, ...measure].join(", ")} FROM ${rowsOf(searched)}${where} ORDER BY ${order} LIMIT $2`;
  // Of these few rows alone; as numeric, as a float's text depends on a setting.
  const picked = [
    asText(id, shape),
    asText(entity, shape),
    updatedAt === null ? "NULL" : momentText(updatedAt, shape.momentKind, shape.jsonColumns.has(updatedAt[0])),
    `(${order === distance ? '"chunk distance"' : distance})::numeric`,
    ...content.picked,
  ];
  return `SELECT ${picked.join(", ")} FROM (${nearest}) AS nearest`;
}

/** An index of hnsw finds no more rows than its list holds, and answers would be short without a word. Both end at 1000. */
function widened({ mostFound }: Shape, { k }: BackendRequest): RowQuery["settings"] {
  return mostFound === null || k <= mostFound ? undefined : [["hnsw.ef_search", k]];
}

/** Of ids and facts 4 KiB a row; of content what an answer may hold, and as much again for what is cut from it. */
function limitsOf({ k, content }: BackendRequest): AnswerLimits {
  return { rows: k, bytes: 65_536 + k * 4096 + (content === undefined ? 0 : mostContentBytes) };
}

function columnsOf(paths: readonly (FieldPath | null)[]): string[] {
  return paths.flatMap((path) => path?.[0] ?? []);
}

function asText(path: FieldPath | null, { jsonColumns }: Shape): string {
  return path === null ? "NULL" : `${textAt(path, { isRaw: jsonColumns.has(path[0]) })}::text`;
}

/** The columns that are needed; of them the text, and the metadata as one JSON object whose members have the columns' own types. */
function contentOf({ fields }: Searched, { content }: BackendRequest, shape: Shape) {
  if (content === undefined) return { columns: [], picked: [] };
  const text = content.text ? textPath(fields) : null;
  const paths = content.metadata.map((name) => metadataPath(fields, name));
  const members = paths.flatMap((path, index) => [
    literal(content.metadata[index] ?? ""),
    shownAt(path, { type: shape.columns.get(path[0])?.type, isRaw: shape.jsonColumns.has(path[0]) }),
  ]);
  return {
    columns: columnsOf([text, ...paths]),
    picked: [
      text === null ? "NULL" : `left(${asText(text, shape)}, ${mostTextChars})`,
      members.length === 0 ? "NULL" : `json_build_object(${members.join(", ")})::text`,
    ],
  };
}

/** `order` is what the index is on. */
function distancesOf({ embeddingColumn, distance }: Searched, { extension, vectorType, cast }: Shape) {
  const column = quoteName(embeddingColumn);
  const given = `$1::${extension}."vector"`;
  const between = (a: string, operator: string, b: string) => `${a} OPERATOR(${extension}.${operator}) ${b}`;
  const operator = operators[distance];
  if (vectorType === "bit") {
    const hamming = between(column, "<~>", `${extension}."binary_quantize"(${given})`);
    return { order: hamming, distance: hamming };
  }
  const full = between(column, operator, vectorType === "halfvec" ? `${given}::${extension}."halfvec"` : given);
  if (cast === null) return { order: full, distance: full };
  const type = `${extension}."${cast.type}"(${cast.dimension})`;
  const order = between(`${column}::${type}`, operator, `${given}::${type}`);
  // Half precision finds; the answer is ranked by what is stored.
  return { order, distance: cast.type === vectorType ? order : full };
}

/** Name under which a connection keeps the statement prepared. */
export function statementName(text: string): string {
  return `retr_${hash("sha256", text).slice(0, 24)}`;
}

// Sorted, so that the same filters in another order are the same statement.
function filtersOf(
  { fields }: Searched,
  { namespace, filters }: BackendRequest,
  { jsonColumns, columns }: Shape,
): Condition[] {
  const entries = Object.entries(filters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const conditions = entries.map(([key, value]) => {
    if (!Object.hasOwn(fields.metadata, key)) throw refuseFilter(key, Object.keys(fields.metadata));
    const path = metadataPath(fields, key);
    return equals(path, value, jsonColumns.has(path[0]));
  });
  if (namespace === undefined) return conditions;
  const path = namespacePath(fields);
  const reading = { column: columns.get(path[0]), isRaw: jsonColumns.has(path[0]) };
  return [inNamespace(path, reading, namespace), ...conditions];
}

/** Within JSON text, numbers and booleans never equal each other. An index on a member's text serves the first comparison. */
function equals(path: FieldPath, value: Value, isRaw: boolean): Condition {
  if (isColumn(path)) return { text: (parameter) => `${textAt(path)} = ${parameter}`, value: String(value) };
  const typed = `to_jsonb(${valueAt(path, { isRaw })})`;
  return typeof value === "string"
    ? {
        text: (parameter) => `${textAt(path, { isRaw })} = ${parameter} AND ${typed} = to_jsonb(${parameter}::text)`,
        value,
      }
    : { text: (parameter) => `${typed} = ${parameter}::jsonb`, value: String(value) };
}

function refuseFilter(key: string, names: readonly string[]): RetrieverError {
  const message = `filters.${key}: expected one of the store's metadataColumns (${names.join(", ") || "none"})`;
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: `filters.${key}` });
}
