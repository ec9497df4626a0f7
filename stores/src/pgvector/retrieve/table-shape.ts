// What the catalogue says of a table that is searched: types of its columns, the extension's schema and version, indexes.
import type { PoolClient } from "pg";
import { errorsOf } from "#errors.ts";
import { codeOf } from "#values/node-error.ts";
import { isColumn } from "../client/field-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { type Row, readRows } from "../client/row-query.ts";
import { isBefore, unknownSettings } from "../client/session-settings.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

export type VectorType = "vector" | "halfvec" | "bit";
export type TableShape = {
  /** Schema of the extension, quoted. */
  readonly extension: string;
  readonly version: string;
  readonly vectorType: VectorType;
  /** Null: declared without one. */
  readonly dimension: number | null;
  /** Length of the half-precision expression that the index is on; null: the index is on the column, or there is none. */
  readonly halfCast: number | null;
  readonly hasTextMoments: boolean;
  /** Whether the moment's column leads an index. */
  readonly hasTimeIndex: boolean;
  /** The planner's estimate of the rows. */
  readonly estimate: number;
  /** What makes searches slow or leaves rows out, as sentences. */
  readonly remarks: readonly string[];
};

/** Below domains. Partitions and what a view reads come along, as they have the indexes. */
const columnsQuery = `
SELECT c.relkind, a.attname::text, b.typname::text, coalesce(nullif(a.atttypmod, -1), t.typtypmod),
  EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    AND i.indisvalid),
  c.reltuples::bigint, pg_catalog.row_security_active(c.oid), current_user::text,
  (SELECT x.extversion || ' ' || n.nspname FROM pg_catalog.pg_extension x
    JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace WHERE x.extname = 'vector')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
WHERE s.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

const indexesQuery = `
WITH RECURSIVE relations AS (
  SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname = $1 AND c.relname = $2
  UNION
  SELECT below.oid, x.relkind FROM relations r CROSS JOIN LATERAL (
    SELECT h.inhrelid AS oid FROM pg_catalog.pg_inherits h WHERE h.inhparent = r.oid
    UNION ALL
    SELECT d.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
      ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
    WHERE w.ev_class = r.oid AND r.relkind = 'v' AND d.refobjid <> r.oid
  ) below JOIN pg_catalog.pg_class x ON x.oid = below.oid
)
SELECT r.oid::text, c.relname::text, c.reltuples::bigint, i.indexrelid::regclass::text, t.typname::text, k.atttypmod,
  o.opcname::text, a.attname::text, pg_catalog.pg_get_indexdef(i.indexrelid, 1, true), i.indpred IS NOT NULL
FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid
LEFT JOIN (pg_catalog.pg_index i JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
    AND o.opcname ~ '^(vector|halfvec|bit|sparsevec)_'
  JOIN pg_catalog.pg_attribute k ON k.attrelid = i.indexrelid AND k.attnum = 1
  JOIN pg_catalog.pg_type t ON t.oid = k.atttypid) ON i.indrelid = r.oid AND i.indisvalid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = i.indkey[0] AND i.indkey[0] > 0
WHERE r.relkind IN ('r', 'm', 'f') AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute v
  JOIN pg_catalog.pg_type w ON w.oid = v.atttypid WHERE v.attrelid = r.oid AND NOT v.attisdropped
  AND w.typname IN ('vector', 'halfvec', 'bit'))`;

const momentTypes = ["timestamptz", "timestamp", "date"];
const textTypes = ["text", "varchar", "bpchar"];

type Column = { readonly type: string; readonly modifier: number; readonly isIndexed: boolean };

/** Rejects with what the driver throws, and with RETR_BACKEND_MISSING for what can't be searched. */
export async function readShape(client: PoolClient, spec: PgvectorSpec): Promise<TableShape> {
  const values = [spec.schema, spec.table];
  const rows = await readRows(client, { text: columnsQuery, values });
  const [first] = rows;
  if (first === undefined) throw missing("Postgres has no such table");
  const columns = new Map(
    rows.map(([, name, type, modifier, isIndexed]) => [
      name ?? "",
      { type: type ?? "", modifier: Number(modifier), isIndexed: isIndexed === "t" },
    ]),
  );
  refuseColumns(spec, columns);
  const [kind, , , , , estimate, hidesRows, role, extension] = first;
  if (extension === null || extension === undefined) throw missing("the database lacks the extension vector");
  const [version = "", ...schema] = extension.split(" ");
  refuseSettings(spec, version);
  const moment = momentOf(spec, columns);
  const vector = columns.get(spec.embeddingColumn) as Column;
  const vectorType = vectorTypeOf(vector, spec.embeddingColumn, version);
  const leaves = leavesOf(await readRows(client, { text: indexesQuery, values }));
  const searched = { spec, vectorType, isView: kind === "v" };
  const { halfCast, remarks } = judgeIndexes(leaves, searched);
  const whole = kind === "p" ? leaves.reduce((sum, leaf) => sum + Math.max(0, leaf.estimate), 0) : Number(estimate);
  return {
    extension: quoteName(schema.join(" ")),
    version,
    vectorType,
    dimension: vector.modifier > 0 ? vector.modifier : null,
    halfCast,
    hasTextMoments: moment === null || textTypes.includes(moment.type),
    hasTimeIndex: moment?.isIndexed === true,
    estimate: spec.where === undefined ? whole : await estimateMeeting(client, spec),
    remarks: [
      ...remarks,
      ...(hidesRows === "t" ? [`row-level security of the table may hide rows from the role ${role}`] : []),
    ],
  };
}

/** The planner's estimate of the rows that meet the base's condition, which is thereby read by Postgres itself. */
async function estimateMeeting(client: PoolClient, spec: PgvectorSpec): Promise<number> {
  try {
    const text = `EXPLAIN (FORMAT JSON) SELECT 1 FROM ${rowsOf(spec)}`;
    const [[plan] = []] = await readRows(client, { text, values: [] });
    return Number(/"Plan Rows": (\d+)/.exec(plan ?? "")?.[1] ?? 0);
  } catch (error) {
    if (!/^(22|42)/.test(codeOf(error)) || codeOf(error) === "42501") throw error;
    throw missing(`where: Postgres can't read it as a condition on the table's rows (${codeOf(error)})`, error);
  }
}

function refuseSettings(spec: PgvectorSpec, version: string): void {
  const names = unknownSettings(spec, version);
  if (names.length === 0) return;
  throw missing(
    `indexSettings: expected none of ${names.join(", ")}, which pgvector has since 0.8.0, the database has ${version}; ` +
      "leave them out, or upgrade the extension",
  );
}

/** What a request names more than that is read when it is asked for. */
function refuseColumns({ fields, embeddingColumn }: PgvectorSpec, columns: ReadonlyMap<string, Column>): void {
  const paths = [fields.id, fields.entity, fields.updatedAt].filter((path) => path !== null);
  const lacking = [...new Set([...paths.map(([column]) => column), embeddingColumn])].filter(
    (name) => !columns.has(name),
  );
  if (lacking.length > 0) throw missing(`the table lacks ${lacking.join(", ")}`);
  const scalar = paths.find((path) => !isColumn(path) && !/^jsonb?$/.test(columns.get(path[0])?.type ?? ""));
  if (scalar === undefined) return;
  throw missing(`${scalar.join(".")}: expected ${scalar[0]} to be a column of json or jsonb`);
}

/** Null for a moment within JSON, which is text, and where the fields name none. */
function momentOf({ fields: { updatedAt } }: PgvectorSpec, columns: ReadonlyMap<string, Column>): Column | null {
  const moment = updatedAt !== null && isColumn(updatedAt) ? columns.get(updatedAt[0]) : undefined;
  if (updatedAt === null || moment === undefined) return null;
  if ([...momentTypes, ...textTypes].includes(moment.type)) return moment;
  const [name] = updatedAt;
  throw missing(
    `${name}: expected a column of type timestamptz, timestamp, date or text, it is ${moment.type}; ` +
      `serve from a view that makes it one, such as to_timestamp(${name}) AS ${name}`,
  );
}

function vectorTypeOf({ type }: Column, column: string, version: string): VectorType {
  if (type === "bit" && isBefore(version, 7)) {
    throw missing(`${column}: columns of bits need pgvector 0.7.0, the database has ${version}`);
  }
  if (type === "vector" || type === "halfvec" || type === "bit") return type;
  throw missing(`${column}: expected a column of type vector, halfvec or bit, it is ${type}`);
}

type Index = {
  readonly name: string;
  readonly type: string;
  readonly dimension: number;
  readonly operators: string;
  /** Null: on an expression. */
  readonly column: string | null;
  readonly expression: string;
  readonly isPartial: boolean;
};
/** A table, a partition, or a table below a view. */
type Leaf = { readonly name: string; readonly estimate: number; readonly indexes: readonly Index[] };

function leavesOf(rows: readonly Row[]): Leaf[] {
  const leaves = new Map<string, Leaf & { readonly indexes: Index[] }>();
  for (const [oid, name, estimate, index, type, modifier, operators, column, expression, isPartial] of rows) {
    const leaf = leaves.get(oid ?? "") ?? { name: name ?? "", estimate: Number(estimate), indexes: [] };
    leaves.set(oid ?? "", leaf);
    if (typeof index !== "string") continue;
    leaf.indexes.push({
      name: index,
      type: type ?? "",
      dimension: Number(modifier),
      operators: operators ?? "",
      column: column ?? null,
      expression: expression ?? "",
      isPartial: isPartial === "t",
    });
  }
  return [...leaves.values()];
}

type Searched = { readonly spec: PgvectorSpec; readonly vectorType: VectorType; readonly isView: boolean };

const operatorClasses = { cosine: "cosine", l2: "l2", "inner-product": "ip" } as const;

/** Which expression the planner finds in every leaf's indexes, the column itself first; and what none serves. */
function judgeIndexes(leaves: readonly Leaf[], searched: Searched): Pick<TableShape, "halfCast" | "remarks"> {
  const serving = leaves.map(({ indexes }) => indexes.filter((index) => isServing(index, searched)));
  const isOn = (type: string) => serving.filter((indexes) => indexes.some((index) => index.type === type)).length;
  const direct = isOn(searched.vectorType);
  const half = searched.vectorType === "vector" ? isOn("halfvec") : 0;
  const dimension = serving.flat().find(({ type }) => type === "halfvec")?.dimension ?? 0;
  const halfCast = half > direct && dimension > 0 ? dimension : null;
  const lacking = leaves.filter(
    (_, at) =>
      serving[at]?.some(
        ({ type }) => (type === "halfvec") === (halfCast !== null || searched.vectorType === "halfvec"),
      ) !== true,
  );
  if (leaves.length > 0 && lacking.length === 0) return { halfCast, remarks: [] };
  const others = lacking.flatMap(({ indexes }) => indexes.map(({ name, operators }) => `${name} (${operators})`));
  const of =
    lacking.length < leaves.length
      ? ` of ${lacking
          .map(({ name }) => name)
          .slice(0, 5)
          .join(", ")}`
      : "";
  const found = others.length === 0 ? "" : `; there are ${others.slice(0, 5).join(", ")}`;
  const { embeddingColumn, distance } = searched.spec;
  return {
    halfCast,
    remarks: [`no index${of} serves ${distance} of ${embeddingColumn}, so that every search reads all rows${found}`],
  };
}

/** A column of a view has its own name, so that there only the types tell. */
function isServing(index: Index, { spec, vectorType, isView }: Searched): boolean {
  const { type, operators, column, expression, isPartial } = index;
  const wanted = vectorType === "bit" ? "hamming" : operatorClasses[spec.distance];
  if ((isPartial && spec.where === undefined) || !operators.endsWith(`_${wanted}_ops`)) return false;
  if (column !== null) return type === vectorType && (isView || column === spec.embeddingColumn);
  const cast = /^\(*"?([^"()]+?)"?\)*::(?:"?[^"()]+?"?\.)?"?halfvec"?\(\d+\)\)*$/.exec(expression);
  return type === "halfvec" && cast !== null && (isView || cast[1] === spec.embeddingColumn);
}
