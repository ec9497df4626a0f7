// What a table says of itself: the catalogue, a few rows, and what an index makes cheap.
import type { PoolClient } from "pg";
import { idKindOf } from "#chunks/ids.ts";
import type { FieldPath } from "#config/chunk-fields.ts";
import { errorsOf } from "#errors.ts";
import type { AgreedFields, FieldKind, FieldShape } from "#ports/chunk-store.ts";
import { type IdKind, type StoreDescription, type VectorPrecision } from "#ports/chunk-store.ts";
import { wholeUnitOf } from "#values/epoch.ts";
import { codeOf } from "#values/node-error.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentPrecisionOf } from "../client/moment-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows, trialSavepoint } from "../client/row-query.ts";
import { type Catalogue, type Column, hasOrderedIds, readCatalogue, remarksOf } from "../client/table-catalogue.ts";
import { type VectorType, vectorTypeOf } from "../client/vector-type.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type ChunkTable, isSearchable } from "./chunk-sql.ts";
import { readEpochForm } from "./epoch-form.ts";
import { pathsIn, placesOf } from "./table-places.ts";

const incomparable = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

/** Without an index on chunk_id every page sorts the table; up to this many rows that costs little. */
const mostUnindexed = 50_000;
const mostCounted = 2_000_000;
const countSettings = [["statement_timeout", 5000]] as const;
const someIds = 20;

const metrics = { cosine: "cosine", l2: "l2", "inner-product": "dot" } as const;
const precisions: Readonly<Record<VectorType, VectorPrecision>> = { vector: "float32", halfvec: "half", bit: "binary" };
const idKinds: Readonly<Record<string, IdKind>> = { int2: "integer", int4: "integer", int8: "integer", uuid: "uuid" };
const shapes: Readonly<Record<string, FieldShape>> = {
  text: "text",
  varchar: "text",
  bpchar: "text",
  int2: "integer",
  int4: "integer",
  int8: "integer",
  float4: "float",
  float8: "float",
  numeric: "decimal",
  bool: "boolean",
  timestamptz: "moment",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  _text: "texts",
  _varchar: "texts",
};
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
  const paths = pathsIn(spec, fields, columns);
  const idName = paths.id;
  checkVisible(catalogue);
  const id = columns.get(idName) as Column;
  const vector = columns.get(spec.embeddingColumn) as Column;
  const precision = precisions[vectorTypeOf(vector, catalogue.extension?.version ?? "")];
  const isOrdered = await hasOrderedIds(client, spec, columns);
  await checkNamed(client, spec, idName);
  const ids = await readIds(client, spec, idName);
  const { updatedAt } = paths;
  const dated = momentColumn(updatedAt, columns);
  const epoch = await readEpochForm(client, spec, columns);
  const heldBy = wholeUnitOf(epoch) ?? (dated === null ? null : momentPrecisionOf(dated));
  const description: StoreDescription = {
    dimension: vector.modifier > 0 ? vector.modifier : await readDimension(client, spec, vector),
    metric: metrics[spec.distance],
    metricName: spec.distance,
    precision,
    isNormalised: false,
    idKind: idKinds[id.type] ?? idKindOf(ids),
    someIds: ids,
    newestUpdatedAtMs: await readNewest(client, spec, { column: dated, name: updatedAt?.[0] ?? "" }),
    count: await countRows(client, spec, { isOrdered, estimate: catalogue.estimate }),
    vectorless: await countVectorless(client, spec, { isNotNull: vector.isNotNull, estimate: catalogue.estimate }),
    isLookUpCheap: isOrdered && isSearchable(id.type),
    fieldKinds: paths.agreed.map((path) => (isColumn(path) ? kindOf(columns.get(path[0])) : "number")),
    seesDoubles: true,
    fieldShapes: paths.agreed.map((path) =>
      isColumn(path) ? (shapes[columns.get(path[0])?.type ?? ""] ?? null) : null,
    ),
    isDated: updatedAt !== null,
    momentPrecision: heldBy ?? undefined,
    remarks: remarksOf(catalogue),
  };
  const types = {
    idType: id.type,
    idColumn: id,
    momentPrecision: heldBy,
    vectorType: vector.type,
    vectorSchema: vector.typeSchema,
  };
  const { schema, table, where, embeddingColumn } = spec;
  return {
    table: { schema, table, where, embeddingColumn, ...placesOf(paths, columns), ...types, isIdUnique: id.isUnique },
    description,
  };
}

/** Null for a moment within JSON as well. */
function momentColumn(path: FieldPath | null, columns: ReadonlyMap<string, Column>): Column | null {
  return path !== null && isColumn(path) ? (columns.get(path[0]) ?? null) : null;
}

function checkVisible({ hidesRows, role }: Catalogue): void {
  if (!hidesRows) return;
  throw incomparable(
    `row-level security of the table may hide rows from the role ${role}: verify as its owner, or as a role with BYPASSRLS`,
  );
}

/** An array's elements have its kind. */
function kindOf(column: Column | undefined): FieldKind {
  const type = column?.type.replace(/^_/, "") ?? "";
  if (type === "float4") return "float32";
  if (type === "float8") return "float64";
  if (/^(numeric|jsonb?)$/.test(type)) return "number";
  if (/^(text|varchar|bpchar)$/.test(type)) return "text";
  return (column === undefined ? null : momentPrecisionOf(column)) ?? "exact";
}

/** A page goes on behind an id, so that rows without one would never come. */
async function checkNamed(client: PoolClient, spec: PgvectorSpec, id: string): Promise<void> {
  const text = `SELECT 1 FROM ${rowsOf(spec)} WHERE ${quoteName(id)} IS NULL LIMIT 1`;
  if ((await readRows(client, { text, values: [] })).length === 0) return;
  throw incomparable(`${id}: expected a value in every row of the table, found NULL; delete these rows or name them`);
}

async function readIds(client: PoolClient, spec: PgvectorSpec, name: string): Promise<string[]> {
  const id = quoteName(name);
  const text = `SELECT ${id}::text FROM ${rowsOf(spec)} WHERE ${id} IS NOT NULL LIMIT ${someIds}`;
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

/** Null where no index makes it cheap. */
async function readNewest(
  client: PoolClient,
  spec: PgvectorSpec,
  { column: known, name }: { readonly column: Column | null; readonly name: string },
): Promise<number | null> {
  if (known === null || !known.isIndexed || !moments.test(known.type)) return null;
  const column = quoteName(name);
  const newest = `max(${column})::timestamptz`;
  // Beyond it there are moments of Postgres, and days without one, of which no calendar of ours knows.
  const text = `SELECT floor(extract(epoch FROM ${newest}) * 1000) FROM ${rowsOf(spec)} WHERE ${column} < '275760-09-13' AND isfinite(${column})`;
  const [row] = await readRows(client, { text, values: [] });
  const time = Number(row?.[0] ?? Number.NaN);
  return Number.isFinite(time) ? time : null;
}

type Emptiness = { readonly isNotNull: boolean; readonly estimate: number };

/** Of a large table not, nor where it takes long, as below a slow view: every row is read once more. */
async function countVectorless(client: PoolClient, spec: PgvectorSpec, { isNotNull, estimate }: Emptiness) {
  if (isNotNull) return 0;
  if (estimate > mostCounted) return undefined;
  const text = `SELECT count(*) FROM ${rowsOf(spec)} WHERE ${quoteName(spec.embeddingColumn)} IS NULL`;
  try {
    const [row] = await readRows(client, { text, values: [], settings: countSettings, isTrial: true });
    return Number(row?.[0] ?? 0);
  } catch (error) {
    if (codeOf(error) !== "57014") throw error;
    await client.query(`ROLLBACK TO SAVEPOINT ${trialSavepoint}`);
    return undefined;
  }
}

type Counting = { readonly isOrdered: boolean; readonly estimate: number };

/** Exact while rows are few; the planner's estimate beyond, and then an index has to lead the pages. */
async function countRows(client: PoolClient, spec: PgvectorSpec, { isOrdered, estimate }: Counting): Promise<number> {
  if (estimate > mostUnindexed && isOrdered) return estimate;
  const text = `SELECT count(*) FROM (SELECT 1 FROM ${rowsOf(spec)} LIMIT ${mostUnindexed + 1}) AS few`;
  const [row] = await readRows(client, { text, values: [] });
  const count = Number(row?.[0] ?? 0);
  if (count <= mostUnindexed) return count;
  if (isOrdered) return Math.max(count, estimate);
  throw incomparable(
    "chunk ids: expected an index that begins with their column, below a view as well; without one every page sorts all rows",
  );
}
