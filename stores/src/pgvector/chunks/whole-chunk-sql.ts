// SQL that reads, tries, writes and removes whole chunks. Values travel as one JSON document, whose members the server
// reads as the columns' own types.
import { quoteName, rowsOf, tableOf } from "../client/names.ts";
import type { RowQuery } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { idsOfType, textSettings } from "./chunk-sql.ts";
import { shownOf } from "./shown-column.ts";
import type { Column } from "./table-catalogue.ts";
import type { TableColumns } from "./table-columns.ts";

/** One row to be written, tried or removed: its columns, and the version of the row that it is to replace. */
export type GivenRow = { readonly row: Readonly<Record<string, unknown>>; readonly over: string | null };

/** The table's row, whatever its columns are called. */
const held = `"retriever held"`;
const given = `"retriever given"`;
const said = `"retriever said"`;
const document = `"retriever rows"."retriever document"`;
const number = `"retriever rows"."retriever number"`;

/** Begins a transaction in which a row's text is always the same, and in which rows that security hides are an error. */
export const begin = `BEGIN; ${textSettings}`;

/** Digest of everything that the row holds. */
const version = `md5((${held}.*)::text)`;

const indexed = /^(text|varchar|bpchar|uuid|int[248])$/;

/** Rows of chunk_id, entity, namespace, updated_at and fields as JSON, embedding, version. */
export function fetchQuery(spec: PgvectorSpec, columns: TableColumns, ids: readonly string[]): RowQuery {
  const { id, entity, namespace, updatedAt, embedding, fields } = columns;
  // A name has no decimals: 7.00 is 7. It is text, as a request would search it.
  const name = ({ name: column, type }: Column): string => {
    const value = `${held}.${quoteName(column)}`;
    return type === "numeric" ? `trim_scale(${value})::text` : `${value}::text`;
  };
  const shown = fields.map((column) => `${held}.${shownOf(column)} AS ${quoteName(column.name)}`);
  const picked = [
    `${held}.${quoteName(id.name)}::text`,
    name(entity),
    namespace === null ? "NULL" : name(namespace),
    `to_json(${held}.${quoteName(updatedAt.name)})::text`,
    fields.length === 0 ? "'{}'" : `(SELECT row_to_json(${said})::text FROM (SELECT ${shown.join(", ")}) AS ${said})`,
    `${held}.${quoteName(embedding.name)}::text`,
    version,
  ];
  // By the column's own type where an index may serve it; otherwise by its text, which is what an id is.
  const [column, type] = indexed.test(id.type) ? [quoteName(id.name), ""] : [`${quoteName(id.name)}::text`, "::text[]"];
  const text = `SELECT ${picked.join(", ")} FROM ${rowsOf(spec, held)} WHERE ${held}.${column} = ANY($1${type})`;
  return { text, values: [arrayLiteral(idsOfType(ids, id.type))] };
}

/** What the columns would hold: the row's number, its id, its `columns` as JSON. Writes nothing. */
export function tryQuery(columns: GivenColumns, rows: readonly GivenRow[]): RowQuery {
  const shown = columns.map((column) => `${given}.${shownOf(column)} AS ${quoteName(column.name)}`).join(", ");
  const text = `SELECT ${number}::text, ${given}."chunk_id"::text,
      (SELECT row_to_json(${said})::text FROM (SELECT ${shown}) AS ${said})
    FROM ${givenRows(columns)}`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Inserts rows, all with these columns; ids of those that were new. */
export function insertQuery(spec: PgvectorSpec, columns: GivenColumns, rows: readonly GivenRow[]): RowQuery {
  const list = columns.map(({ name }) => quoteName(name)).join(", ");
  const values = columns.map(({ name }) => `${given}.${quoteName(name)}`).join(", ");
  const text = `INSERT INTO ${tableOf(spec)} AS ${held} (${list}) SELECT ${values} FROM ${givenRows(columns)}
    ON CONFLICT ("chunk_id") DO NOTHING RETURNING ${held}."chunk_id"::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Replaces these columns, all but the id, of rows that are what they were; ids of these. */
export function updateQuery(spec: PgvectorSpec, columns: GivenColumns, rows: readonly GivenRow[]): RowQuery {
  const changes = columns
    .filter(({ name }) => name !== "chunk_id")
    .map(({ name }) => `${quoteName(name)} = ${given}.${quoteName(name)}`)
    .join(", ");
  const text = `UPDATE ${tableOf(spec)} AS ${held} SET ${changes} FROM ${givenRows(columns)} WHERE ${isAsItWas}
    RETURNING ${given}."chunk_id"::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Removes rows that are what they were; ids of these. */
export function removeQuery(spec: PgvectorSpec, columns: GivenColumns, rows: readonly GivenRow[]): RowQuery {
  const text = `DELETE FROM ${tableOf(spec)} AS ${held} USING ${givenRows(columns)} WHERE ${isAsItWas}
    RETURNING ${given}."chunk_id"::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Postgres looks at it again when it had to wait for another transaction's write of the row. */
const isAsItWas = `${held}."chunk_id" = ${given}."chunk_id" AND ${version} = ${document} ->> 'over'`;

/** The id and the columns that a statement takes from its rows. */
type GivenColumns = readonly Pick<Column, "name" | "type" | "declared">[];

/** Only these columns are read, each as what it was declared: a domain of another one that forbids NULL has no say. */
function givenRows(columns: GivenColumns): string {
  const declared = columns.map(({ name, declared: type }) => `${quoteName(name)} ${type}`).join(", ");
  return `json_array_elements($1::json) WITH ORDINALITY AS "retriever rows"("retriever document", "retriever number"),
    LATERAL json_to_record(${document} -> 'row') AS ${given}(${declared})`;
}

/** As pgvector prints it; a `bit` as its digits. */
export function vectorText(vector: Float32Array, type: string): string {
  if (type.startsWith("bit")) return Array.from(vector, (value) => (value > 0 ? "1" : "0")).join("");
  // A float32's digits as a double, so that the same float32 comes back; JSON's own printer loses the sign of zero.
  return `[${Array.from(vector, (value) => (Object.is(value, -0) ? "-0" : String(value))).join(",")}]`;
}

/** Reads either. Null for no vector. */
export function readVector(text: string | null, type: string): Float32Array | null {
  if (text === null) return null;
  return Float32Array.from(type.startsWith("bit") ? text : text.slice(1, -1).split(","), Number);
}

function arrayLiteral(ids: readonly string[]): string {
  return `{${ids.map((id) => `"${id.replaceAll(/[\\"]/g, "\\$&")}"`).join(",")}}`;
}
