// The columns that a repair reads and writes, and what has to be said or refused before it.
import { type FieldPath, metadataPath, unnamed } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import type { EpochWriting } from "#values/epoch.ts";
import { tableOf } from "../client/names.ts";
import { type Catalogue, type Column, remarksOf, unreadable, unreadableIn } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { pathsIn } from "./table-places.ts";

/** Where a part of a chunk is: a column, or a member of one that holds JSON. */
export type Place = {
  readonly column: Column;
  readonly path: FieldPath;
  /** Of the field; of no meaning for the others. */
  readonly name: string;
};
export type TableColumns = {
  readonly id: Column;
  readonly embedding: Column;
  /** Null where the table hasn't one, likewise the next two. */
  readonly updatedAt: Place | null;
  /** `entity` itself where one place stands for both. */
  readonly namespace: Place | null;
  readonly entity: Place | null;
  /** Agreed fields that the table has columns for. */
  readonly fields: readonly Place[];
  readonly all: readonly Column[];
  /** Of moments that are numbers. */
  readonly epoch?: EpochWriting;
};

/** Throws RETR_BACKEND_MISSING with the names of what the table lacks. */
export function readColumns(spec: PgvectorSpec, fields: readonly string[], { columns }: Catalogue): TableColumns {
  const paths = pathsIn(spec, [], columns);
  const placeAt = (path: FieldPath | null, name = ""): Place | null => {
    const column = path === null ? undefined : columns.get(path[0]);
    return path === null || column === undefined ? null : { column, path, name };
  };
  const own = [[paths.id], [spec.embeddingColumn], paths.entity, paths.updatedAt, paths.namespace];
  const compared = new Set(own.map((path) => path?.join(".")));
  const entity = placeAt(paths.entity);
  return {
    id: columns.get(paths.id) as Column,
    embedding: columns.get(spec.embeddingColumn) as Column,
    entity,
    updatedAt: placeAt(paths.updatedAt),
    namespace: paths.namespace?.join(".") === paths.entity?.join(".") ? entity : placeAt(paths.namespace),
    fields: fields.flatMap((name) => {
      const path = metadataPath(spec.fields, name);
      return compared.has(path.join(".")) ? [] : (placeAt(path, name) ?? []);
    }),
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

/** Refuses a table of which some columns are hidden from this role, before anything is read of it or written to it. */
export function refuseUnreadable({ columns }: Catalogue): void {
  const names = unreadableIn(columns, [...columns.keys()]);
  if (names.length > 0) throw new RetrieverError({ code: "RETR_BACKEND_AUTH", message: unreadable(names.join(", ")) });
}

/** Refuses to write behind a condition: a row that it hides may have the id of one that is to be written. */
export function refuseCondition({ where }: PgvectorSpec): void {
  if (where === undefined) return;
  const message = "a store with `where` isn't written: repair it by a configuration without, or write its source anew";
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message });
}

/** Why no row with a new id can be added so that it isn't there twice; null: it can. */
export function whyUnkeyed({ name, isUnique, isConflictTarget }: Column): string | null {
  if (isConflictTarget) return null;
  return isUnique
    ? `the unique index of ${name} is of a DEFERRABLE constraint, which ON CONFLICT can't use; make the constraint anew as NOT DEFERRABLE, or create another unique index`
    : `${name} has no unique index of its own (one of more columns, of some rows or that isn't valid is none); create one`;
}

function whyUnkeyedIn({ relation, columns }: Catalogue, { id }: PgvectorSpec["fields"]): string | null {
  const column = columns.get(id?.[0] ?? "");
  if (column === undefined) return null;
  return relation === "v" ? "a view has no unique index of its own; name the table itself" : whyUnkeyed(column);
}

/** Refuses a table to which no chunk can be added. */
export function refuseUnkeyed(catalogue: Catalogue, { fields }: PgvectorSpec): void {
  const why = whyUnkeyedIn(catalogue, fields);
  if (why === null) return;
  throw new RetrieverError({
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: `no chunk can be added to the destination: ${why}`,
  });
}

/** Of these Postgres changes no row on the condition that it is what it was. */
const unwritable: Readonly<Record<string, string>> = { m: "materialized view", f: "foreign table" };

/** Refuses a server that takes no writes, and what it takes none into. */
export function refuseReadOnly({ isStandby, isReadOnly, relation }: Catalogue): void {
  const kind = unwritable[relation];
  if (kind !== undefined) {
    const message = `a ${kind} isn't written: name the table itself, on its own server`;
    throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message });
  }
  if (!isStandby && !isReadOnly) return;
  const why = isStandby
    ? "it is a standby: name the primary"
    : "its transactions are read-only (default_transaction_read_only): use a role or a database that may write";
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message: `Postgres takes no writes here: ${why}` });
}

/** What a person should know before the table is copied: columns that nothing names. */
export function unnamedIn({ id, embedding, updatedAt, namespace, entity, fields, all }: TableColumns): string[] {
  const places = [updatedAt, namespace, entity, ...fields].map((place) => place?.column);
  const named = new Set([id, embedding, ...places]);
  return unnamed(all.filter((column) => !named.has(column)).map(({ name }) => name));
}

/** What a person should know before the table is written. */
export function cautionsOf(
  catalogue: Catalogue,
  { fields, embeddingColumn }: PgvectorSpec,
  names: readonly string[],
): string[] {
  const { columns } = catalogue;
  const needed = new Set(names.map((name) => metadataPath(fields, name)[0]));
  const missed = [...needed].filter((name) => !columns.has(name));
  const lack = `the table has no columns for ${missed.join(", ")}: these fields aren't written`;
  const [id = ""] = fields.id ?? [];
  const own = [fields.id, fields.entity, fields.updatedAt, fields.namespace, fields.text].map((path) => path?.[0]);
  const named = new Set([...needed, ...own, embeddingColumn]);
  const unfilled = [...columns.values()].filter(({ name, isRequired }) => isRequired && !named.has(name));
  const unfilledNames = unfilled.map((column) => column.name).join(", ");
  const unkeyed = whyUnkeyedIn(catalogue, fields);
  return [
    ...(missed.length === 0 ? [] : [lack]),
    ...(unkeyed === null ? [] : [`chunks that are missing can't be written: ${unkeyed}`]),
    ...(unfilled.length === 0
      ? []
      : [`no field names ${unfilledNames}, NOT NULL without a default: chunks that are missing can't be written`]),
    ...sequenceOf(columns.get(id)),
    ...(fields.caution === undefined ? [] : [fields.caution]),
    ...remarksOf(catalogue),
  ];
}

/** An application whose rows get ids from a sequence meets those that were written beside it. */
function sequenceOf(id: Column | undefined): string[] {
  if (id?.isNumbered !== true || id.isGenerated) return [];
  return [
    `a sequence gives ${id.name} to rows that the application adds, and no chunk that is written moves it: before the application writes here, set it beyond the largest ${id.name} (setval), or its rows meet ids that are taken`,
  ];
}
