// What is known of a table that is searched: types of its columns, the extension's schema and version, indexes.
import type { PoolClient } from "pg";
import { requiredNamespace } from "#config/chunk-fields.ts";
import { errorsOf, RetrieverError } from "#errors.ts";
import { isColumn } from "../client/field-sql.ts";
import { whyNoId } from "../client/id-type.ts";
import { expectedMoment, type MomentKind, momentKindOf } from "../client/moment-sql.ts";
import { quoteName } from "../client/names.ts";
import { unknownSettings } from "../client/session-settings.ts";
import { type Catalogue, type Column, noTable, readCatalogue, unreadableIn } from "../client/table-catalogue.ts";
import { vectorTypeOf } from "../client/vector-type.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { findIndex } from "./search-index.ts";
import type { TableShape } from "./shape.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

/** Within a transaction. Rejects with what the driver throws, and with RETR_BACKEND_MISSING for what can't be searched. */
export async function readShape(client: PoolClient, spec: PgvectorSpec): Promise<TableShape> {
  const catalogue = await readCatalogue(client, spec);
  return shapeOf(client, spec, catalogue);
}

/** Of what the catalogue said. */
export async function shapeOf(client: PoolClient, spec: PgvectorSpec, catalogue: Catalogue): Promise<TableShape> {
  const { columns, extension, estimate } = catalogue;
  if (columns.size === 0) throw noTable();
  refuseColumns(spec, columns);
  refuseUnread(spec, catalogue);
  if (extension === null) throw missing("the database lacks the extension vector");
  refuseSettings(spec, extension.version);
  const vector = columns.get(spec.embeddingColumn) as Column;
  const shape = {
    extension: quoteName(extension.schema),
    version: extension.version,
    vectorType: vectorTypeOf(vector, extension.version),
    dimension: vector.modifier > 0 ? vector.modifier : null,
    momentKind: momentOf(spec, columns),
    columns,
    jsonColumns: jsonColumnsOf(columns),
    mayLackIds: isNullable(columns, spec),
  };
  const { cast, index, mostFound, endingEarly, remarks } = await findIndex(client, spec, shape);
  return {
    ...shape,
    cast,
    index,
    mostFound,
    endingEarly,
    dimension: shape.dimension ?? cast?.dimension ?? null,
    hasTimeIndex: columns.get(spec.fields.updatedAt?.[0] ?? "")?.isIndexed === true,
    estimate,
    remarks: [
      ...remarks,
      ...lackingRemarks(spec, columns),
      ...unreadRemarks(spec, catalogue),
      ...hiddenRemarks(catalogue),
    ],
  };
}

function isNullable(columns: Columns, { fields: { id } }: PgvectorSpec): boolean {
  return id !== null && columns.get(id[0])?.isNotNull === false;
}

function jsonColumnsOf(columns: Columns): ReadonlySet<string> {
  const unread = [...columns.values()].filter(({ type, isReadByIndex }) => type === "json" && !isReadByIndex);
  return new Set(unread.map(({ name }) => name));
}

function hiddenRemarks({ hidesRows, role }: Catalogue): string[] {
  return hidesRows ? [`row-level security of the table may hide rows from the role ${role}`] : [];
}

function refuseSettings(spec: PgvectorSpec, version: string): void {
  const names = unknownSettings(spec, version);
  if (names.length === 0) return;
  throw missing(
    `indexSettings: expected none of ${names.join(", ")}, which pgvector has since 0.8.0, the database has ${version}; ` +
      "leave them out, or upgrade the extension",
  );
}

/** The namespace of documents without `fields` and metadata may lack their columns, as long as no request names them. */
function refuseColumns({ fields, embeddingColumn }: PgvectorSpec, columns: Columns): void {
  const { id, entity, updatedAt, text, metadata } = fields;
  const own = [id, entity, updatedAt, text, requiredNamespace(fields)];
  const needed = own.filter((path) => path !== null);
  const lacking = lackingIn(columns, [...needed.map(([column]) => column), embeddingColumn]);
  if (lacking.length > 0) throw missing(`the table lacks ${lacking.join(", ")}`);
  const unfit = id === null ? null : whyNoId(columns.get(id[0]) as Column);
  if (unfit !== null) throw missing(unfit);
  const scalar = [...needed, ...Object.values(metadata)].find(
    (path) => !isColumn(path) && columns.has(path[0]) && !/^jsonb?$/.test(columns.get(path[0])?.type ?? ""),
  );
  if (scalar === undefined) return;
  throw missing(`${scalar.join(".")}: expected ${scalar[0]} to be a column of json or jsonb`);
}

/** Every request reads these, whatever it asks for. */
function refuseUnread(
  { fields: { id, entity, updatedAt }, embeddingColumn }: PgvectorSpec,
  catalogue: Catalogue,
): void {
  const names = [id, entity, updatedAt].flatMap((path) => path?.[0] ?? []);
  const unread = unreadableIn(catalogue.columns, [...names, embeddingColumn]);
  if (unread.length === 0) return;
  const message = `the role ${catalogue.role} has no right to read ${unread.join(", ")}: GRANT SELECT ON the table`;
  throw new RetrieverError({ code: "RETR_BACKEND_AUTH", message });
}

function unreadRemarks(
  { fields: { text, namespace, metadata } }: PgvectorSpec,
  { columns, role }: Catalogue,
): string[] {
  const names = [text, namespace, ...Object.values(metadata)].flatMap((path) => path?.[0] ?? []);
  const unread = unreadableIn(columns, names);
  return unread.length === 0
    ? []
    : [
        `the role ${role} has no right to read ${unread.join(", ")}: requests that ask for them, and verifications, fail`,
      ];
}

type Columns = ReadonlyMap<string, Column>;

function lackingIn(columns: Columns, names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !columns.has(name));
}

function lackingRemarks({ fields }: PgvectorSpec, columns: Columns): string[] {
  const lacking = lackingIn(
    columns,
    Object.values(fields.metadata).map(([column]) => column),
  );
  return lacking.length === 0
    ? []
    : [`the table lacks ${lacking.join(", ")}: requests that filter by them or include them fail`];
}

/** `text` where the fields name none. */
function momentOf({ fields: { updatedAt } }: PgvectorSpec, columns: Columns): MomentKind {
  if (updatedAt === null) return "text";
  const [name] = updatedAt;
  const type = columns.get(name)?.type;
  const kind = momentKindOf(updatedAt, type);
  if (kind !== undefined) return kind;
  throw missing(
    `${name}: expected a column of type ${expectedMoment}, it is ${type}; serve from a view that makes it one`,
  );
}
