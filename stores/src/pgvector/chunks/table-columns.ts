// The columns that a repair reads and writes, and what has to be said or refused before it.
import { RetrieverError } from "#errors.ts";
import { tableOf } from "../client/names.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Catalogue, type Column, remarksOf } from "./table-catalogue.ts";

export type TableColumns = {
  readonly id: Column;
  readonly updatedAt: Column;
  readonly embedding: Column;
  /** Null where the table hasn't one; `entity` itself where one column stands for both. */
  readonly namespace: Column | null;
  readonly entity: Column;
  /** Agreed fields that the table has columns for. */
  readonly fields: readonly Column[];
  readonly all: readonly Column[];
};

/** Throws RETR_BACKEND_MISSING with the names of what the table lacks. */
export function readColumns(spec: PgvectorSpec, fields: readonly string[], { columns }: Catalogue): TableColumns {
  if (columns.size === 0) throw missing("Postgres has no such table");
  const [id, entity, updatedAt, embedding] = ["chunk_id", "entity_id", "updated_at", spec.embeddingColumn].map(
    (name) => columns.get(name) ?? lacking(name),
  ) as [Column, Column, Column, Column];
  const own = new Set([id.name, entity.name, updatedAt.name, embedding.name, spec.namespaceField]);
  return {
    id,
    entity,
    updatedAt,
    embedding,
    namespace: columns.get(spec.namespaceField) ?? null,
    fields: fields.filter((name) => !own.has(name)).flatMap((name) => columns.get(name) ?? []),
    all: [...columns.values()],
  };
}

/** Refuses a table that hides rows from this role: what isn't seen would be taken for lost, or for left over. */
export function refuseHidden({ hidesRows }: Catalogue, spec: PgvectorSpec): void {
  if (!hidesRows) return;
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
export function refuseReadOnly({ isStandby, isReadOnly }: Catalogue): void {
  if (!isStandby && !isReadOnly) return;
  const why = isStandby
    ? "it is a standby: name the primary"
    : "its transactions are read-only (default_transaction_read_only): use a role or a database that may write";
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message: `Postgres takes no writes here: ${why}` });
}

/** What a person should know before the table is written. */
export function cautionsOf(catalogue: Catalogue, fields: readonly string[]): string[] {
  const missed = fields.filter((name) => !catalogue.columns.has(name));
  const lack = `the table has no columns for ${missed.join(", ")}: these fields aren't written`;
  const isUnique = catalogue.columns.get("chunk_id")?.isConflictTarget === true;
  return [
    ...(missed.length === 0 ? [] : [lack]),
    ...(isUnique ? [] : ["chunk_id has no unique index, so that chunks that are missing can't be written"]),
    ...remarksOf(catalogue),
  ];
}

function lacking(name: string): never {
  throw missing(`the table lacks ${name}`);
}

function missing(message: string): RetrieverError {
  return new RetrieverError({ code: "RETR_BACKEND_MISSING", message });
}
