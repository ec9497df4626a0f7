// SQL of a scan of the table, and of look-ups in it. COPY takes no parameters, so values are quoted here.
import { escapeLiteral } from "pg";
import type { AgreedFields, ScanOptions, VerifyLevel } from "#ports/chunk-store.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { PgvectorSpec } from "../config/schema.ts";

export type ChunkTable = Pick<PgvectorSpec, "schema" | "table" | "embeddingColumn"> & {
  /** As an expression; `NULL` where the table hasn't the column. */
  readonly namespace: string;
  readonly fields: AgreedFields;
  /** As the catalogue prints it: `text`, `bigint`, `uuid`, … */
  readonly idType: string;
  /** `vector`, `halfvec` or `bit`. */
  readonly vectorType: string;
};

/** Settings of the transaction that `text` runs in. Without a zone a moment is UTC; a timeout holds for each statement. */
export function settings(timeoutMs: number): string {
  return `SET LOCAL timezone TO 'UTC'; SET LOCAL statement_timeout TO ${timeoutMs}`;
}

/** Rows of a page: a further page begins with the last one of the page before. */
export function rowsOf({ after, pageSize }: Pick<ScanOptions, "after" | "pageSize">): number {
  return after === null ? pageSize : pageSize + 1;
}

/** The next rows in the order of their ids. */
export function pageQuery(table: ChunkTable, options: ScanOptions): string {
  const { level, sinceMs, after } = options;
  const conditions = [
    ...(after === null ? [] : [`"chunk_id" >= ${escapeLiteral(after)}`]),
    ...(sinceMs === null ? [] : [writtenSince(sinceMs)]),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const columns = columnsOf(table, level).join(", ");
  // By the column itself: its bare name would mean the text that is selected, which has another order and no index.
  return copy(`SELECT ${columns} FROM ${tableOf(table)} AS t${where} ORDER BY t."chunk_id" LIMIT ${rowsOf(options)}`);
}

function writtenSince(sinceMs: number): string {
  return `("updated_at" >= ${escapeLiteral(new Date(sinceMs).toISOString())} OR "updated_at" IS NULL)`;
}

/** The same columns and the namespace, of rows by id. */
export function lookUpQuery(table: ChunkTable, ids: readonly string[], level: VerifyLevel): string {
  const columns = [...columnsOf(table, level), `${table.namespace}::text`].join(", ");
  const list = ids.map((id) => escapeLiteral(id)).join(", ");
  return copy(`SELECT ${columns} FROM ${tableOf(table)} WHERE "chunk_id" = ANY (ARRAY[${list}]::${table.idType}[])`);
}

/** In this order: id, moment, payload as JSON, vector; only as far as the level goes. */
function columnsOf(table: ChunkTable, level: VerifyLevel): string[] {
  const columns = [`"chunk_id"::text`];
  if (level === "ids") return columns;
  columns.push(`"updated_at"::timestamptz`);
  if (level === "fresh") return columns;
  const agreed = [`"entity_id"`, `${table.namespace}::text`, ...table.fields.map(quoteName)];
  columns.push(`json_build_array(${agreed.join(", ")})::text`);
  if (level === "payload") return columns;
  const vector = quoteName(table.embeddingColumn);
  columns.push(table.vectorType === "halfvec" ? `${vector}::vector` : vector);
  return columns;
}

function copy(query: string): string {
  return `COPY (${query}) TO STDOUT (FORMAT binary)`;
}

/** Ids that the column's type can hold; whatever else is asked for can't be there. */
export function idsOfType(ids: readonly string[], idType: string): readonly string[] {
  if (/^(small|big)?int(eger)?$/.test(idType)) return ids.filter((id) => integer.test(id) && fits(id, idType));
  if (idType === "uuid") return ids.filter((id) => uuid.test(id));
  return ids.filter((id) => !id.includes("\0"));
}

const integer = /^(0|-?[1-9]\d{0,18})$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const bits: Readonly<Record<string, bigint>> = { smallint: 15n, integer: 31n, bigint: 63n };

function fits(id: string, idType: string): boolean {
  const limit = 1n << (bits[idType] ?? 63n);
  return BigInt(id) < limit && BigInt(id) >= -limit;
}
