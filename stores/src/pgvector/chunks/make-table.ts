// A new table for chunks, and the index of its vectors, which is made once the table is full: row by row it takes several
// times as long.
import type { PoolClient } from "pg";
import { type FieldPath, metadataPath } from "#config/chunk-fields.ts";
import { errorsOf } from "#errors.ts";
import type { FieldShape } from "#ports/chunk-store.ts";
import type { PlaceMaker, PlaceShape } from "#ports/place-maker.ts";
import { isColumn } from "../client/field-sql.ts";
import { quoteName, tableOf } from "../client/names.ts";
import { makePool, withClient } from "../client/pool.ts";
import { readRows } from "../client/row-query.ts";
import { isBefore } from "../client/session-settings.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { writeError } from "./write-refusal.ts";

const refuse = errorsOf("RETR_COPY_REFUSED");
const missing = errorsOf("RETR_BACKEND_MISSING");

/** By which a table of ours is known again: no index is made of another, or dropped. */
const mark = "made by retriever-data copy";
/** An index of millions of vectors takes hours; the caller's signal may end it earlier. */
const longestMs = 86_400_000;
/** What pgvector's graphs take: numbers of a `vector`, and of a `halfvec`. */
const mostIndexed = { vector: 2000, halfvec: 4000 };

const types: Readonly<Record<FieldShape, string>> = {
  text: "text",
  texts: "text[]",
  integer: "bigint",
  float: "double precision",
  decimal: "numeric",
  boolean: "boolean",
  moment: "timestamptz",
  uuid: "uuid",
  json: "jsonb",
};
const vectorTypes = { float32: "vector", half: "halfvec", int8: "vector", binary: "bit" } as const;
const operators = { cosine: "cosine_ops", l2: "l2_ops", dot: "ip_ops" } as const;
/** Of pgvector's graphs, where nothing else is said. */
const usualConstruction = 64;

/** Connects on demand only. */
export function makePgvectorPlaces(spec: PgvectorSpec): PlaceMaker {
  const pool = makePool(spec, 1, longestMs);
  const work = async <T>(signal: AbortSignal, run: (client: PoolClient, extension: Extension) => Promise<T>) => {
    try {
      return await withClient(pool, signal, async (client) => run(client, await extensionOf(client)));
    } catch (error) {
      throw writeError(error, signal);
    }
  };
  return {
    describe: (shape) => {
      refuseGraph(shape);
      return `the table ${tableOf(spec)} (${columnsOf(spec, shape, null).join(", ")})`;
    },
    make: (shape, signal) =>
      work(signal, async (client, { version, schema }) => {
        refuseOld(shape, version);
        // One query is one transaction.
        await client.query(
          [
            `CREATE TABLE ${tableOf(spec)} (${columnsOf(spec, shape, schema).join(", ")})`,
            `COMMENT ON TABLE ${tableOf(spec)} IS '${mark}'`,
            ...indexedColumns(spec, shape).map(
              ({ name, method }) => `CREATE INDEX ON ${tableOf(spec)} USING ${method} (${quoteName(name)})`,
            ),
          ].join(";\n"),
        );
      }),
    finish: (shape, signal) => work(signal, (client, extension) => finishTable(client, spec, { shape, extension })),
    close: () => pool.end(),
  };
}

type Extension = { readonly version: string; readonly schema: string };

async function extensionOf(client: PoolClient): Promise<Extension> {
  const text =
    "SELECT x.extversion, n.nspname::text FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname = 'vector'";
  const [[version, schema] = []] = await readRows(client, { text, values: [] });
  if (typeof version !== "string" || typeof schema !== "string")
    throw missing("the extension vector is missing: an administrator has to create it");
  return { version, schema };
}

/** What pgvector would refuse once the table is full. */
function refuseGraph({ index: { m, efConstruction } }: PlaceShape): void {
  if (m === undefined || efConstruction === undefined || efConstruction >= 2 * m) return;
  throw refuse(
    `efConstruction: pgvector takes no less than twice m, expected at least ${2 * m}, got ${efConstruction}`,
  );
}

function refuseOld({ precision }: PlaceShape, version: string): void {
  const type = vectorTypes[precision];
  if (type === "vector" || !isBefore(version, 7)) return;
  const help = "update the extension (ALTER EXTENSION vector UPDATE), or make the table by hand";
  throw refuse(`columns of ${type} need pgvector 0.7.0, the database has ${version}: ${help}`);
}

/** `schema`: of the vectors' type; null: as people read it. */
function columnsOf(spec: PgvectorSpec, shape: PlaceShape, schema: string | null): string[] {
  const { id, entity, updatedAt, namespace, text } = spec.fields;
  if (id === null || !isColumn(id)) throw refuse("fields.id: expected a column of the table");
  const columns = new Map<string, string>();
  const add = (path: FieldPath | null, type: string): void => {
    if (path !== null && !columns.has(path[0])) columns.set(path[0], isColumn(path) ? type : "jsonb");
  };
  add(id, "text PRIMARY KEY");
  add(entity, "text");
  add(namespace, "text");
  add(updatedAt, "timestamptz");
  add(text, "text");
  for (const [name, field] of Object.entries(shape.fields)) add(metadataPath(spec.fields, name), types[field]);
  const type = vectorTypes[shape.precision];
  const place = schema === null || type === "bit" ? "" : `${quoteName(schema)}.`;
  columns.set(spec.embeddingColumn, `${place}${type}(${shape.dimension})`);
  return Array.from(columns, ([name, each]) => `${quoteName(name)} ${each}`);
}

/** Those that requests search by, each once. Members of JSON are left to whoever knows how they are asked for. */
function indexedColumns(spec: PgvectorSpec, { filterable, fields }: PlaceShape) {
  const { namespace, updatedAt } = spec.fields;
  const methodOf = (shape: FieldShape | undefined): string => (shape === "texts" || shape === "json" ? "gin" : "btree");
  const asked = filterable.map((name) => ({
    path: metadataPath(spec.fields, name),
    method: methodOf(fields[name]),
  }));
  const own = [namespace, updatedAt].map((path) => ({ path, method: "btree" }));
  const columns = [...own, ...asked].flatMap(({ path, method }) =>
    path !== null && isColumn(path) ? [{ name: path[0], method }] : [],
  );
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

/** Null where there is to be none, or pgvector has none for so many numbers. Writers go on meanwhile. */
function vectorIndex(
  spec: PgvectorSpec,
  { index, dimension, precision, metric }: PlaceShape,
  { version, schema }: Extension,
) {
  const own = vectorTypes[precision];
  const type = own === "vector" && dimension > mostIndexed.vector ? "halfvec" : own;
  if (index.kind === "none" || (type === "halfvec" && dimension > mostIndexed.halfvec)) return null;
  // Before it there is no half precision, nor a graph of bits.
  if (type !== "vector" && isBefore(version, 7)) return null;
  const column = quoteName(spec.embeddingColumn);
  const place = quoteName(schema);
  const indexed = type === own ? column : `(${column}::${place}.halfvec(${dimension}))`;
  const operator = type === "bit" ? "bit_hamming_ops" : `${type}_${operators[metric]}`;
  return `CREATE INDEX CONCURRENTLY ON ${tableOf(spec)} USING hnsw (${indexed} ${place}.${operator})${graphOptions(index)}`;
}

function graphOptions({ m, efConstruction = leastConstruction(m) }: PlaceShape["index"]): string {
  const settings = [
    ...(m === undefined ? [] : [`m = ${m}`]),
    ...(efConstruction === undefined ? [] : [`ef_construction = ${efConstruction}`]),
  ];
  return settings.length === 0 ? "" : ` WITH (${settings.join(", ")})`;
}

/** Of a graph for which pgvector's own default is too little; undefined: it isn't. */
function leastConstruction(m = 0): number | undefined {
  return 2 * m > usualConstruction ? 2 * m : undefined;
}

type Finishing = { readonly shape: PlaceShape; readonly extension: Extension };

async function finishTable(client: PoolClient, spec: PgvectorSpec, { shape, extension }: Finishing): Promise<string> {
  if (!(await isMarked(client, spec))) return "none is made of a table that was there before";
  const statement = vectorIndex(spec, shape, extension);
  if (statement === null) return "none of the vectors";
  const held = await heldIndex(client, spec);
  if (held !== null) return held;
  // A role's own limit is for requests.
  await client.query(`SET statement_timeout TO ${longestMs}`);
  try {
    await client.query(statement);
  } finally {
    await client.query("RESET statement_timeout").catch(() => undefined);
  }
  return "of the vectors, made";
}

/** Whether the table is one of `make`. */
async function isMarked(client: PoolClient, { schema, table }: PgvectorSpec): Promise<boolean> {
  const text = `SELECT 1 FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE s.nspname = $1 AND c.relname = $2 AND obj_description(c.oid, 'pg_class') = $3`;
  return (await readRows(client, { text, values: [schema, table, mark] })).length > 0;
}

/** What there is already; null: nothing. One that was begun and not ended is of no use to anybody, and goes. */
async function heldIndex(client: PoolClient, { schema, table }: PgvectorSpec): Promise<string | null> {
  const text = `SELECT quote_ident(n.nspname) || '.' || quote_ident(x.relname), i.indisvalid,
      EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.oid OR p.relid = c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace
    JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
    JOIN pg_am a ON a.oid = x.relam WHERE s.nspname = $1 AND c.relname = $2 AND a.amname IN ('hnsw', 'ivfflat')`;
  const rows = await readRows(client, { text, values: [schema, table] });
  if (rows.some(([, isValid]) => isValid === "t")) return "of the vectors, was there";
  if (rows.some(([, , isUnderWay]) => isUnderWay === "t"))
    return "of the vectors, is being made by another session: wait for it before you migrate";
  for (const [name] of rows) await client.query(`DROP INDEX CONCURRENTLY ${name}`);
  return null;
}
