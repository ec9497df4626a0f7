// SQL of a scan of the table, and of look-ups in it. COPY takes no parameters, so values are quoted here.
import { escapeLiteral } from "pg";
import { errorsOf } from "#errors.ts";
import type { MomentPrecision, ScanOptions, VerifyLevel } from "#ports/chunk-store.ts";
import { ownNamesFirst } from "../client/login-client.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { type Comparable, comparedBy } from "../client/own-comparison.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const incomparable = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

export type ChunkTable = Pick<PgvectorSpec, "schema" | "table" | "where" | "embeddingColumn"> & {
  /** The column of the ids, quoted; what follows likewise, or as an expression. */
  readonly id: string;
  /** `NULL` where the store has none, and where the table hasn't the column; likewise the namespace, which is text. */
  readonly entity: string;
  readonly namespace: string;
  /** As a `timestamptz`. Null: the table doesn't say when a chunk was written. */
  readonly moment: string | null;
  /** Why it doesn't, where its column can't. */
  readonly momentFault?: string;
  /** The agreed fields, in their order. */
  readonly fields: readonly string[];
  /** The column's own type, below any domain: `text`, `bpchar`, `int8`, `uuid`, … */
  readonly idType: string;
  readonly idColumn: Comparable;
  /** Whether a unique index is on the id alone. */
  readonly isIdUnique: boolean;
  /** The moment's own column, where it is of a moment's type, which an index serves. */
  readonly momentColumn: string | null;
  /** How finely that type holds them; null where there is none. */
  readonly momentPrecision: MomentPrecision | null;
  /** `vector`, `halfvec` or `bit`. */
  readonly vectorType: string;
  /** Schema of the vector's type. */
  readonly vectorSchema: string;
};

/** In which a value has one text, whatever the database or the role sets: to the last digit, and in one style. */
export const textSettings = `SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, YMD'; SET LOCAL intervalstyle TO
  'postgres'; SET LOCAL extra_float_digits TO 1; SET LOCAL bytea_output TO 'hex'; SET LOCAL array_nulls TO on; SET LOCAL row_security TO off;
  SELECT ${ownNamesFirst(true)}`;

/**
 * Settings of the transaction that `text` runs in. Without a zone a moment is UTC, and its text is ISO 8601; rows that a
 * policy would hide are an error; a timeout holds for each statement.
 */
function settings(timeoutMs: number): string {
  return `${textSettings}; SET LOCAL statement_timeout TO ${timeoutMs}; SET LOCAL idle_in_transaction_session_timeout TO ${longestPauseMs}`;
}

/**
 * Begins a scan: one transaction over many pages, however long they and their pauses take together. Since version 17
 * Postgres may be set to end a long one.
 */
export function scanBeginning(timeoutMs: number): string {
  return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings(timeoutMs)};
  SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'`;
}

/** Begins a look-up: what it finds is as of when it had not to wait any more, whatever a database or a role sets. */
export function lookUpBeginning(timeoutMs: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${settings(timeoutMs)}`;
}

/** A scan's snapshot is idle while its page is compared, and for the pauses that leave the store to others. */
const longestPauseMs = 600_000;

/** The next rows in the order of their ids; rows of one id are never on two pages. */
export function pageQuery(table: ChunkTable, options: ScanOptions): string {
  const { level, sinceMs, after, until = null } = options;
  const conditions = [
    ...(after === null ? [] : [`${comparedBy(">", `t.${table.id}`, table.idColumn)} ${escapeLiteral(after)}`]),
    ...(until === null ? [] : [`${comparedBy("<=", `t.${table.id}`, table.idColumn)} ${escapeLiteral(until)}`]),
    ...(sinceMs === null ? [] : [writtenSince(table, sinceMs)]),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const columns = columnsOf(table, level).join(", ");
  // By the column itself: its bare name would mean the text that is selected, which has another order and no index.
  const rows = `FETCH FIRST ${options.pageSize} ROWS ${table.isIdUnique ? "ONLY" : "WITH TIES"}`;
  return copy(`SELECT ${columns} FROM ${rowsOf(table, "t")}${where} ORDER BY t.${table.id} ${rows}`);
}

/** What can't be read as a moment, which stands before all others, belongs to it as well. */
function writtenSince({ moment, momentColumn, momentFault }: ChunkTable, sinceMs: number): string {
  if (moment === null) throw undated(momentFault);
  const since = escapeLiteral(new Date(sinceMs).toISOString());
  if (momentColumn !== null) return `(${momentColumn} >= ${since} OR ${momentColumn} IS NULL)`;
  return `((${moment}) >= ${since} OR (${moment}) IS NULL OR (${moment}) < '4700-01-01 BC')`;
}

/**
 * The same columns and the namespace, of rows by id. A difference of ids alone is looked up with the moments that there
 * are, so that a table without any has none.
 */
export function lookUpQuery(table: ChunkTable, ids: readonly string[], level: VerifyLevel): string {
  const moment = table.moment ?? (level === "fresh" ? "NULL::timestamptz" : null);
  const columns = [...columnsOf({ ...table, moment }, level), `${table.namespace}::text`].join(", ");
  return copy(`SELECT ${columns} FROM ${rowsOf(table)} WHERE ${idIn(ids, table)}`);
}

/**
 * Finds ids by an index of the column where its type can hold them, else by their text. A type may take two texts for
 * one value, so rows can come whose text is another.
 */
function idIn(ids: readonly string[], { id: column, idType, idColumn }: ChunkTable): string {
  const list = escapeLiteral(arrayLiteral(ids));
  return isSearchable(idType)
    ? `${comparedBy("=", column, idColumn)} ANY (${list})`
    : `${column}::text = ANY (${list}::text[])`;
}

export function arrayLiteral(ids: readonly string[]): string {
  return `{${ids.map((id) => `"${id.replaceAll(/[\\"]/g, "\\$&")}"`).join(",")}}`;
}

/** In this order: id, moment, payload as JSON, vector; only as far as the level goes. Throws RETR_VERIFY_NOT_COMPARABLE. */
function columnsOf(table: ChunkTable, level: VerifyLevel): string[] {
  const columns = [`${table.id}::text`];
  if (level === "ids") return columns;
  if (table.moment === null) throw undated(table.momentFault);
  columns.push(table.moment);
  if (level === "fresh") return columns;
  const agreed = [table.entity, `${table.namespace}::text`, ...table.fields];
  columns.push(`json_build_array(${agreed.join(", ")})::text`);
  if (level === "payload") return columns;
  const vector = quoteName(table.embeddingColumn);
  columns.push(table.vectorType === "halfvec" ? `${vector}::${quoteName(table.vectorSchema)}."vector"` : vector);
  return columns;
}

function undated(fault = "updatedAt: the table's fields name none, so that ids alone can be compared: --level ids") {
  return incomparable(fault);
}

function copy(query: string): string {
  return `COPY (${query}) TO STDOUT (FORMAT binary)`;
}

/** Whether ids are searched as values of the column's own type, which an index serves. */
export function isSearchable(idType: string): boolean {
  return Object.hasOwn(spellings, idType);
}

/** Ids that the column's type can hold; whatever else is asked for can't be there. */
export function idsOfType(ids: readonly string[], idType: string): readonly string[] {
  const range = ranges[idType];
  const spelling = spellings[idType] ?? withoutNul;
  return ids.filter((id) => spelling.test(id) && (range === undefined || isWithin(id, range)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the one character that no text of Postgres holds
const withoutNul = /^[^\0]*$/;
const whole = /^(0|-?[1-9]\d{0,18})$/;
/** How Postgres prints values of a type. A text of another spelling is in no row, and could end the query with an error. */
const spellings: Readonly<Record<string, RegExp>> = {
  text: withoutNul,
  varchar: withoutNul,
  citext: withoutNul,
  name: withoutNul,
  bpchar: withoutNul,
  int2: whole,
  int4: whole,
  int8: whole,
  numeric: /^(-?\d{1,9999}(\.\d{1,9999})?|-?Infinity|NaN)$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
};
const ranges: Readonly<Record<string, number>> = { int2: 15, int4: 31, int8: 63 };

function isWithin(id: string, bits: number): boolean {
  const limit = 1n << BigInt(bits);
  return BigInt(id) < limit && BigInt(id) >= -limit;
}
