// What a table says of itself: the catalogue, a few rows, and what an index makes cheap.
import type { PoolClient } from "pg";
import { idKindOf } from "#chunks/ids.ts";
import { errorsOf } from "#errors.ts";
import type { AgreedFields, FieldKind } from "#ports/chunk-store.ts";
import { type IdKind, type StoreDescription, type VectorPrecision } from "#ports/chunk-store.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type ChunkTable, isSearchable } from "./chunk-sql.ts";
import { shownOf } from "./shown-column.ts";
import { type Column, readCatalogue, remarksOf } from "./table-catalogue.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");
const incomparable = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

/** Without an index on chunk_id every page sorts the table; up to this many rows that costs little. */
const mostUnindexed = 50_000;
const someIds = 20;

const metrics = { cosine: "cosine", l2: "l2", "inner-product": "dot" } as const;
const precisions: Readonly<Record<string, VectorPrecision>> = { vector: "float32", halfvec: "half", bit: "binary" };
const idKinds: Readonly<Record<string, IdKind>> = { int2: "integer", int4: "integer", int8: "integer", uuid: "uuid" };
const moments = /^(timestamp|date)/;

export type DescribedTable = { readonly table: ChunkTable; readonly description: StoreDescription };

/** Rejects with RETR_BACKEND_MISSING, naming what the table lacks, with RETR_VERIFY_NOT_COMPARABLE and the driver's. */
export async function describeTable(
  client: PoolClient,
  spec: PgvectorSpec,
  fields: AgreedFields,
): Promise<DescribedTable> {
  const catalogue = await readCatalogue(client, spec);
  const { columns } = catalogue;
  const needed = ["chunk_id", "entity_id", "updated_at", spec.embeddingColumn, ...fields];
  const lacking = needed.filter((name) => !columns.has(name));
  if (columns.size === 0) throw missing("Postgres has no such table");
  if (lacking.length > 0) throw missing(`the table lacks ${lacking.join(", ")}`);
  if (catalogue.hidesRows) {
    throw incomparable(
      `row-level security of the table may hide rows from the role ${catalogue.role}: verify as its owner, or as a role with BYPASSRLS`,
    );
  }
  const id = columns.get("chunk_id") as Column;
  const vector = columns.get(spec.embeddingColumn) as Column;
  const vectorType = vector.type;
  const precision = precisions[vectorType];
  if (precision === undefined) {
    throw incomparable(`${spec.embeddingColumn}: expected vector, halfvec or bit, the column is ${vector.type}`);
  }
  if (await hasNameless(client, spec)) {
    throw incomparable(
      "chunk_id: expected a value in every row of the table, found NULL; delete these rows or name them",
    );
  }
  const ids = await readIds(client, spec);
  const dated = columns.get("updated_at") as Column;
  const description: StoreDescription = {
    dimension: vector.modifier > 0 ? vector.modifier : await readDimension(client, spec, vector),
    metric: metrics[spec.distance],
    metricName: spec.distance,
    precision,
    isNormalised: false,
    idKind: idKinds[id.type] ?? idKindOf(ids),
    someIds: ids,
    newestUpdatedAtMs: dated.isIndexed && moments.test(dated.type) ? await readNewest(client, spec) : null,
    count: await countRows(client, spec, { id, estimate: catalogue.estimate }),
    isLookUpCheap: id.isIndexed && isSearchable(id.type),
    fieldKinds: fields.map((name) => kindOf(columns.get(name))),
    remarks: remarksOf(catalogue),
  };
  const namespace = nameOf(columns.get(spec.namespaceField));
  const types = {
    idType: id.type,
    momentType: dated.type,
    momentUnit: unitOf(dated),
    vectorType,
    vectorSchema: vector.typeSchema,
  };
  const shown = new Map([...columns.values()].map((column) => [column.name, shownOf(column)]));
  return { table: { ...spec, namespace, fields, shown, ...types, isIdUnique: id.isUnique }, description };
}

/** A name has no decimals: 7.00 is 7. */
function nameOf(column: Column | undefined): string {
  if (column === undefined) return "NULL";
  return column.type === "numeric" ? `trim_scale(${quoteName(column.name)})` : quoteName(column.name);
}

/** An array's elements have its kind. */
function kindOf(column: Column | undefined): FieldKind {
  const type = column?.type.replace(/^_/, "") ?? "";
  if (type === "float4") return "float32";
  if (type === "float8") return "float64";
  return moments.test(type) ? "moment" : "exact";
}

function unitOf({ type, modifier }: Column): ChunkTable["momentUnit"] {
  if (type === "date") return "day";
  return type.startsWith("timestamp") && modifier === 0 ? "second" : null;
}

/** A page goes on behind an id, so that rows without one would never come. */
async function hasNameless(client: PoolClient, spec: PgvectorSpec): Promise<boolean> {
  const text = `SELECT 1 FROM ${rowsOf(spec)} WHERE "chunk_id" IS NULL LIMIT 1`;
  return (await readRows(client, { text, values: [] })).length > 0;
}

async function readIds(client: PoolClient, spec: PgvectorSpec): Promise<string[]> {
  const text = `SELECT "chunk_id"::text FROM ${rowsOf(spec)} WHERE "chunk_id" IS NOT NULL LIMIT ${someIds}`;
  const rows = await readRows(client, { text, values: [] });
  return rows.map(([id]) => id ?? "");
}

/** Of a column that was declared without one: that of some row. */
async function readDimension(client: PoolClient, spec: PgvectorSpec, column: Column): Promise<number | null> {
  const vector = quoteName(spec.embeddingColumn);
  const measure =
    column.type === "bit" ? `length(${vector})` : `${quoteName(column.typeSchema)}.vector_dims(${vector})`;
  const text = `SELECT ${measure} FROM ${rowsOf(spec)} WHERE ${vector} IS NOT NULL LIMIT 1`;
  const [row] = await readRows(client, { text, values: [] });
  return row === undefined ? null : Number(row[0]);
}

async function readNewest(client: PoolClient, spec: PgvectorSpec): Promise<number | null> {
  const newest = `max(${quoteName("updated_at")})::timestamptz`;
  const text = `SELECT floor(extract(epoch FROM ${newest}) * 1000) FROM ${rowsOf(spec)} WHERE isfinite("updated_at")`;
  const [row] = await readRows(client, { text, values: [] });
  const time = Number(row?.[0] ?? Number.NaN);
  return Number.isFinite(time) ? time : null;
}

type Counting = { readonly id: Column; readonly estimate: number };

/** Exact while rows are few; the planner's estimate beyond, and then an index has to lead the pages. */
async function countRows(client: PoolClient, spec: PgvectorSpec, { id, estimate }: Counting): Promise<number> {
  if (estimate > mostUnindexed && id.isIndexed) return estimate;
  const text = `SELECT count(*) FROM (SELECT 1 FROM ${rowsOf(spec)} LIMIT ${mostUnindexed + 1}) AS few`;
  const [row] = await readRows(client, { text, values: [] });
  const count = Number(row?.[0] ?? 0);
  if (count <= mostUnindexed) return count;
  if (id.isIndexed) return Math.max(count, estimate);
  throw incomparable("chunk_id: expected an index that begins with it; without one every page sorts the whole table");
}
