// What the catalogue says of the columns that a repair reads and writes, and of the table and server around them.
import { RetrieverError } from "#errors.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { Row, RowQuery } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

export type Column = {
  readonly name: string;
  /** Below a domain: `text`, `bpchar`, `int8`, `timestamptz`, … */
  readonly type: string;
  readonly modifier: number;
  readonly isNotNull: boolean;
  /** NOT NULL, and nothing gives it a value by itself. */
  readonly isRequired: boolean;
  /** Postgres makes its values itself (GENERATED ALWAYS). */
  readonly isGenerated: boolean;
};
export type TableColumns = {
  readonly id: Column;
  readonly updatedAt: Column;
  readonly embedding: Column;
  /** Null where the table hasn't one. */
  readonly namespace: Column | null;
  readonly entity: Column;
  /** Agreed fields that the table has columns for. */
  readonly fields: readonly Column[];
  readonly all: readonly Column[];
  readonly isIdUnique: boolean;
};

/** One row a column: its facts, then those of the table and the server, the same in every row. */
export function columnsQuery({ schema, table }: PgvectorSpec): RowQuery {
  const text = `SELECT a.attname::text, b.typname::text, a.atttypmod,
      a.attnotnull, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', a.attgenerated <> '' OR a.attidentity = 'a',
      EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate
        AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),
      row_security_active(c.oid), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
      (SELECT string_agg(g.tgname, ', ' ORDER BY g.tgname) FROM pg_trigger g WHERE g.tgrelid = c.oid
        AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND (g.tgtype & 3) = 3 AND (g.tgtype & 20) > 0)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`;
  return { text, values: [schema, table] };
}

/** Throws RETR_BACKEND_MISSING with the names of what the table lacks. */
export function readColumns(spec: PgvectorSpec, fields: readonly string[], rows: readonly Row[]): TableColumns {
  const all = rows.map(
    ([name, type, modifier, notNull, required, generated]): Column => ({
      name: name ?? "",
      type: type ?? "",
      modifier: Number(modifier),
      isNotNull: notNull === "t",
      isRequired: required === "t",
      isGenerated: generated === "t",
    }),
  );
  if (all.length === 0) throw missing("Postgres has no such table");
  const byName = new Map(all.map((column) => [column.name, column]));
  const [id, entity, updatedAt, embedding] = ["chunk_id", "entity_id", "updated_at", spec.embeddingColumn].map(
    (name) => byName.get(name) ?? lacking(name),
  ) as [Column, Column, Column, Column];
  const own = new Set([id.name, entity.name, updatedAt.name, embedding.name, spec.namespaceField]);
  return {
    id,
    entity,
    updatedAt,
    embedding,
    namespace: byName.get(spec.namespaceField) ?? null,
    fields: fields.filter((name) => !own.has(name)).flatMap((name) => byName.get(name) ?? []),
    all,
    isIdUnique: rows.some(([name, , , , , , unique]) => name === id.name && unique === "t"),
  };
}

/** Refuses a table that hides rows from this role: what isn't seen would be taken for lost, or for left over. */
export function refuseHidden(rows: readonly Row[], spec: PgvectorSpec): void {
  if (rows[0]?.[7] !== "t") return;
  throw new RetrieverError({
    code: "RETR_REPAIR_REFUSED",
    message:
      `row-level security hides rows of ${tableOf(spec)} from this role, which then seem lost or left over: ` +
      "use a role with BYPASSRLS, or the table's owner where it isn't forced",
  });
}

/** Refuses to write behind a condition: a row that it hides may have the id of one that is to be written. */
export function refuseCondition({ where }: PgvectorSpec): void {
  if (where === undefined) return;
  const message = "a store with `where` isn't written: repair it by a configuration without, or write its source anew";
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message });
}

/** Refuses a server that takes no writes. */
export function refuseReadOnly([row]: readonly Row[]): void {
  const why =
    row?.[8] === "t"
      ? "it is a standby: name the primary"
      : row?.[9] === "t"
        ? "its transactions are read-only (default_transaction_read_only): use a role or a database that may write"
        : null;
  if (why === null) return;
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message: `Postgres takes no writes here: ${why}` });
}

/** What a person should know before the table is written. */
export function cautionsOf(columns: TableColumns, fields: readonly string[], rows: readonly Row[]): string[] {
  const present = new Set(columns.all.map(({ name }) => name));
  const lacking = fields.filter((name) => !present.has(name));
  const generated = written(columns).filter(({ isGenerated }) => isGenerated);
  const triggers = rows[0]?.[10] ?? null;
  return [
    ...(lacking.length === 0
      ? []
      : [`the table has no columns for ${lacking.join(", ")}: these fields aren't written`]),
    ...(generated.length === 0
      ? []
      : [`Postgres makes ${listNames(generated)} itself (GENERATED ALWAYS): these columns aren't written`]),
    ...(columns.isIdUnique ? [] : ["chunk_id has no unique index, so that chunks that are missing can't be written"]),
    ...(triggers === null
      ? []
      : [`triggers of the table may rewrite what is written (${triggers}): what differs afterwards is listed`]),
  ];
}

/** Columns with values of a chunk, its id aside. */
function written({ entity, updatedAt, namespace, embedding, fields }: TableColumns): Column[] {
  return [entity, updatedAt, embedding, ...(namespace === null ? [] : [namespace]), ...fields];
}

function listNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => quoteName(name)).join(", ");
}

function lacking(name: string): never {
  throw missing(`the table lacks ${name}`);
}

function missing(message: string): RetrieverError {
  return new RetrieverError({ code: "RETR_BACKEND_MISSING", message });
}
