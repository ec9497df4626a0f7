// SQL that reads, tries, writes and removes whole chunks. Values travel as one JSON document, whose members the server
// reads as the columns' own types.
import { escapeLiteral } from "pg";
import type { WholeScanOptions } from "#ports/chunk-store.ts";
import { isColumn, valueAt } from "../client/field-sql.ts";
import { quoteName, rowsOf, tableOf } from "../client/names.ts";
import { asCompared, type Comparable, comparedBy } from "../client/own-comparison.ts";
import type { RowQuery } from "../client/row-query.ts";
import { memberNameAt, nameAt, shownAt } from "../client/shown-column.ts";
import type { Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { arrayLiteral, idsOfType, isSearchable, textSettings } from "./chunk-sql.ts";
import type { Place, TableColumns } from "./table-columns.ts";

/** One row to be written, tried or removed: its columns, and the version of the row that it is to replace. */
export type GivenRow = { readonly row: Readonly<Record<string, unknown>>; readonly over: string | null };

/** The table's row, whatever its columns are called. */
const held = `"retriever held"`;
const given = `"retriever given"`;
const said = `"retriever said"`;
const document = `"retriever rows"."retriever document"`;
const number = `"retriever rows"."retriever number"`;

/** Longest statement; a caller's signal may end it earlier. */
export const statementTimeoutMs = 60_000;

/**
 * Begins a transaction in which a row's text is always the same, in which rows that security hides are an error, in which
 * a batch has its time, and of which each statement sees what was committed before it, whatever a database, a role or a
 * pooler's session sets: a condition of a write is looked at again after a wait, and the catalogue as well.
 */
export const begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout TO ${statementTimeoutMs}; ${textSettings}`;

/** Digest of everything that the row holds. */
const version = `md5((${held}.*)::text)`;

/** Where the entity is within JSON, and comes as JSON; null: it comes as text, as one does that is the namespace as well. */
export function memberEntity({ entity, namespace }: Pick<TableColumns, "entity" | "namespace">): Place | null {
  return entity === null || entity === namespace || isColumn(entity.path) ? null : entity;
}

/** Id, entity, namespace, moment and fields, the last two as JSON. */
function wholeColumns({ id, entity, namespace, updatedAt, fields }: TableColumns): string[] {
  // As text, as a request would search it.
  const name = (place: Place | null): string =>
    place === null ? "NULL" : `${nameAt(place.path, { type: place.column.type, row: held })}::text`;
  const within = memberEntity({ entity, namespace });
  const shown = fields.map(
    ({ name: field, column, path }) => `${shownAt(path, { type: column.type, row: held })} AS ${quoteName(field)}`,
  );
  return [
    `${held}.${quoteName(id.name)}::text`,
    within === null ? name(entity) : `${memberNameAt(within.path, { type: within.column.type, row: held })}::text`,
    name(namespace),
    updatedAt === null
      ? "NULL"
      : `to_json(${valueAt(updatedAt.path, { row: held, isRaw: updatedAt.column.type === "json" })})::text`,
    fields.length === 0 ? "'{}'" : `(SELECT row_to_json(${said})::text FROM (SELECT ${shown.join(", ")}) AS ${said})`,
  ];
}

/** Rows of embedding, version, and `wholeColumns`. */
export function fetchQuery(spec: PgvectorSpec, columns: TableColumns, ids: readonly string[]): RowQuery {
  const { id, embedding } = columns;
  const picked = [`${held}.${quoteName(embedding.name)}::text`, version, ...wholeColumns(columns)];
  // By the column's own type where an index may serve it; otherwise by its text, which is what an id is.
  const key = `${held}.${quoteName(id.name)}`;
  const found = isSearchable(id.type) ? `${comparedBy("=", key, id)} ANY($1)` : `${key}::text = ANY($1::text[])`;
  const text = `SELECT ${picked.join(", ")} FROM ${rowsOf(spec, held)} WHERE ${found}`;
  return { text, values: [arrayLiteral(idsOfType(ids, id.type))] };
}

/** Fields that are columns of text, which a page has as they are: its other fields come as one JSON. */
export function plainFields({ fields }: TableColumns): readonly Place[] {
  return fields.filter(({ column, path }) => isColumn(path) && /^(text|varchar)$/.test(column.type));
}

/**
 * The next rows in the order of their ids, in binary: `wholeColumns` without the plain fields, these, and the embedding as
 * `vector`, `bit` or text.
 */
export function wholePageQuery(
  spec: PgvectorSpec,
  columns: TableColumns,
  { after, until = null, pageSize, vectors }: WholeScanOptions,
): string {
  const { id, embedding } = columns;
  const key = `${held}.${quoteName(id.name)}`;
  const asVector = embedding.type === "halfvec" ? `::${quoteName(embedding.typeSchema)}."vector"` : "";
  const cast = vectors === "json" ? `${asVector}::text` : asVector;
  const plain = plainFields(columns);
  const others = columns.fields.filter((place) => !plain.includes(place));
  const texts = [
    ...wholeColumns({ ...columns, fields: others }).map((column) => (column === "NULL" ? "NULL::text" : column)),
    ...plain.map(({ column }) => `${held}.${quoteName(column.name)}::text`),
  ];
  const picked = [...texts, `${held}.${quoteName(embedding.name)}${cast}`].join(", ");
  const conditions = [
    ...(after === null ? [] : [`${comparedBy(">", key, id)} ${escapeLiteral(after)}`]),
    ...(until === null ? [] : [`${comparedBy("<=", key, id)} ${escapeLiteral(until)}`]),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  // Rows of one id are never on two pages.
  const rows = `FETCH FIRST ${pageSize} ROWS ${id.isUnique ? "ONLY" : "WITH TIES"}`;
  return `COPY (SELECT ${picked} FROM ${rowsOf(spec, held)}${where} ORDER BY ${key} ${rows}) TO STDOUT (FORMAT binary)`;
}

/** A table that is written, the name of its id, and the columns of one statement, the id's among them. */
export type Writing = {
  readonly spec: PgvectorSpec;
  readonly id: string;
  readonly idColumn: Comparable;
  readonly columns: GivenColumns;
};

type Named = { readonly spec: PgvectorSpec; readonly columns: TableColumns };

/** With the id's column and those of these names. */
export function writingOf({ spec, columns }: Named, names: readonly string[] = []): Writing {
  const { id, all, entity, namespace } = columns;
  const named = [entity, namespace].map((place) => (place !== null && isColumn(place.path) ? place.column : null));
  const own = all.filter((column) => column === id || names.includes(column.name));
  return {
    spec,
    id: id.name,
    idColumn: id,
    columns: own.map((column) => ({ ...column, isName: named.includes(column) })),
  };
}

/** The columns, all but the id, of rows by id, as JSON, with the rows' versions. */
export function heldQuery(writing: Writing, rows: readonly GivenRow[]): RowQuery {
  const { spec, id, columns } = writing;
  const isId = ({ name }: GivenColumns[number]): boolean => name === id;
  const others = columns.filter((column) => !isId(column));
  const text = `SELECT ${given}.${quoteName(id)}::text, ${version}, ${membersOf(others, held)}
    FROM ${tableOf(spec)} AS ${held}, ${givenRows(columns.filter(isId))}
    WHERE ${hasId(writing)}`;
  return { text, values: [JSON.stringify(rows)] };
}

/** What the columns would hold: the row's number, its id, its columns as JSON. Writes nothing. */
export function tryQuery({ id, columns }: Writing, rows: readonly GivenRow[]): RowQuery {
  const text = `SELECT ${number}::text, ${given}.${quoteName(id)}::text, ${membersOf(columns, given)}
    FROM ${givenRows(columns)}`;
  return { text, values: [JSON.stringify(rows)] };
}

function membersOf(columns: GivenColumns, row: string): string {
  const shownOf = ({ name, type, isName }: GivenColumns[number]): string =>
    isName === true
      ? `${nameAt([name], { type, row })}${plainNames.test(type) ? "" : "::text"}`
      : shownAt([name], { type, row });
  const shown = columns.map((column) => `${shownOf(column)} AS ${quoteName(column.name)}`).join(", ");
  return `(SELECT row_to_json(${said})::text FROM (SELECT ${shown}) AS ${said})`;
}

/** Inserts rows, all with these columns; ids of those that were new. */
export function insertQuery({ spec, id, columns }: Writing, rows: readonly GivenRow[]): RowQuery {
  const list = columns.map(({ name }) => quoteName(name)).join(", ");
  const values = columns.map(({ name }) => `${given}.${quoteName(name)}`).join(", ");
  const text = `INSERT INTO ${tableOf(spec)} AS ${held} (${list}) SELECT ${values} FROM ${givenRows(columns)}
    ON CONFLICT (${quoteName(id)}) DO NOTHING RETURNING ${held}.${quoteName(id)}::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Ids, and what the table calls the rows that its column takes for the same. */
export function namesakesQuery(writing: Writing, rows: readonly GivenRow[]): RowQuery {
  const { spec, id, columns } = writing;
  const name = quoteName(id);
  const text = `SELECT ${given}.${name}::text, ${held}.${name}::text FROM ${tableOf(spec)} AS ${held}, ${givenRows(columns)}
    WHERE ${hasId(writing)}`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Replaces these columns, all but the id, of rows that are what they were; ids of these. */
export function updateQuery(writing: Writing, rows: readonly GivenRow[]): RowQuery {
  const { spec, id, columns } = writing;
  const changes = columns
    .filter(({ name }) => name !== id)
    .map(({ name }) => `${quoteName(name)} = ${given}.${quoteName(name)}`)
    .join(", ");
  const text = `UPDATE ${tableOf(spec)} AS ${held} SET ${changes} FROM ${givenRows(columns)} WHERE ${isAsItWas(writing)}
    RETURNING ${given}.${quoteName(id)}::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Removes rows that are what they were; ids of these. */
export function removeQuery(writing: Writing, rows: readonly GivenRow[]): RowQuery {
  const { spec, id, columns } = writing;
  const text = `DELETE FROM ${tableOf(spec)} AS ${held} USING ${givenRows(columns)} WHERE ${isAsItWas(writing)}
    RETURNING ${given}.${quoteName(id)}::text`;
  return { text, values: [JSON.stringify(rows)] };
}

/** Postgres looks at it again when it had to wait for another transaction's write of the row. */
function isAsItWas(writing: Writing): string {
  return `${hasId(writing)} AND ${version} = ${document} ->> 'over'`;
}

function hasId({ id, idColumn }: Writing): string {
  return `${comparedBy("=", `${held}.${quoteName(id)}`, idColumn)} ${asCompared(`${given}.${quoteName(id)}`, idColumn)}`;
}

/** The id and the columns that a statement takes from its rows. */
type GivenColumns = readonly (Pick<Column, "name" | "type" | "declared"> & {
  /** Whether it holds a name, which is compared as its text. */
  readonly isName?: boolean;
})[];

/** Types whose JSON is their text. */
const plainNames = /^(text|varchar|bpchar|uuid|int[248]|numeric|float[48]|timestamp(tz)?|date)$/;

/** Only these columns are read, each as what it was declared: a domain of another one that forbids NULL has no say. */
function givenRows(columns: GivenColumns): string {
  const declared = columns.map(({ name, declared: type }) => `${quoteName(name)} ${type}`).join(", ");
  return `json_array_elements($1::json) WITH ORDINALITY AS "retriever rows"("retriever document", "retriever number"),
    LATERAL json_to_record(${document} -> 'row') AS ${given}(${declared})`;
}

/** A vector on its way into a column of this type; JSON has it as text, which is printed when it is asked for. */
export class GivenVector {
  readonly #floats: Float32Array;
  readonly #type: string;

  constructor(floats: Float32Array, type: string) {
    this.#floats = floats;
    this.#type = type;
  }

  get floats(): Float32Array {
    return this.#floats;
  }

  toJSON(): string {
    return vectorText(this.#floats, this.#type);
  }
}

/** An object on its way into a column of hstore, which JSON has as an object and reads as a text of its own. */
export class GivenPairs {
  readonly members: Readonly<Record<string, unknown>>;

  constructor(members: GivenPairs["members"]) {
    this.members = members;
  }

  toJSON(): string {
    const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
    const shown = (value: unknown): string =>
      value === null ? "NULL" : quoted(typeof value === "string" ? value : JSON.stringify(value));
    return Object.entries(this.members)
      .map(([key, value]) => `${quoted(key)}=>${shown(value)}`)
      .join(",");
  }
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
