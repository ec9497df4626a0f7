// By which index a table is searched. The planner is asked with the very query that requests are answered with: it knows of
// casts, conditions, partitions and views what no look at the indexes tells.
import type { PoolClient } from "pg";
import type { BackendRequest } from "#ports/backend.ts";
import { orderedSettings, orderingIndexIn, planOf, sortsIn } from "../client/plan.ts";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { Cast, TableShape } from "./shape.ts";
import { makeVectorQuery } from "./statement.ts";

type Shape = Omit<Parameters<ReturnType<typeof makeVectorQuery>>[0], "cast" | "mostFound"> &
  Pick<TableShape, "dimension">;
type FoundIndex = Pick<TableShape, "cast" | "index" | "mostFound" | "endingEarly"> & {
  /** That searches read all rows; none: they don't. */
  readonly remarks: readonly string[];
};

/** Partitions and what a view reads come along, as they have the indexes. */
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
SELECT c.relname::text, i.indexrelid::regclass::text, o.opcname::text, m.amname::text, t.typname::text, k.atttypmod, i.indisvalid
FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid
JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0] AND o.opcname ~ '^(vector|halfvec|bit|sparsevec)_'
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname NOT IN ('btree', 'hash')
JOIN pg_catalog.pg_attribute k ON k.attrelid = i.indexrelid AND k.attnum = 1
JOIN pg_catalog.pg_type t ON t.oid = k.atttypid
WHERE c.relkind IN ('r', 'm', 'f')`;

type Index = {
  readonly table: string;
  readonly name: string;
  readonly operators: string;
  readonly method: string;
  readonly cast: Cast | null;
  /** False: its building goes on, or failed. */
  readonly isValid: boolean;
};

/** Rejects with what the driver throws. */
export async function findIndex(client: PoolClient, spec: PgvectorSpec, shape: Shape): Promise<FoundIndex> {
  const rows = await readRows(client, { text: indexesQuery, values: [spec.schema, spec.table] });
  const indexes = rows.map(([table, name, operators, method, type, modifier, isValid]): Index => {
    const isCast = (type === "vector" || type === "halfvec") && Number(modifier) > 0;
    const cast = isCast ? ({ type, dimension: Number(modifier) } as const) : null;
    return {
      table: table ?? "",
      name: name ?? "",
      operators: operators ?? "",
      method: method ?? "",
      cast,
      isValid: isValid === "t",
    };
  });
  const valid = indexes.filter((each) => each.isValid);
  let best = await tryOrder(client, spec, { ...shape, cast: null });
  for (const cast of castsOf(valid, shape)) {
    if (best.lacking.length === 0) break;
    const found = await tryOrder(client, spec, { ...shape, cast });
    if (found.lacking.length < best.lacking.length) best = found;
  }
  const { cast, index, lacking, all } = best;
  const reach = await readReach(client, new Set(valid.map(({ method }) => method)));
  if (lacking.length === 0) return { cast, index, ...reach, remarks: [] };
  const others = indexes
    .filter(({ table }) => lacking.includes(table))
    .map(({ name, operators, isValid }) => `${name} (${operators}${isValid ? "" : unusable})`);
  const of = lacking.length < all.length ? ` of ${lacking.slice(0, 5).join(", ")}` : "";
  const found = others.length === 0 ? "" : `; there are ${others.slice(0, 5).join(", ")}`;
  const remark = `no index${of} serves ${spec.distance} of ${spec.embeddingColumn}, so that every search reads all rows${found}`;
  return { cast, index: null, ...reach, remarks: [remark] };
}

/** Or wait, where it is being built. */
const unusable = ", not valid: REINDEX it";

/** pgvector's own before it was loaded. */
const usualMost = 40;

/** How far a search by such indexes goes, by the settings of this session. */
async function readReach(client: PoolClient, methods: ReadonlySet<string>) {
  const names = ["hnsw.ef_search", "hnsw.iterative_scan", "ivfflat.iterative_scan"];
  const text = `SELECT ${names.map((name) => `pg_catalog.current_setting('${name}', true)`).join(", ")}`;
  const [[most, ...scans] = []] = await readRows(client, { text, values: [] });
  const isEnding = (_method: string, at: number): boolean => /^(off)?$/.test(scans[at] ?? "");
  return {
    mostFound: methods.has("hnsw") ? Number(most ?? "") || usualMost : null,
    endingEarly: (["hnsw", "ivfflat"] as const).filter(isEnding).filter((method) => methods.has(method)),
  };
}

/** Each once; of the column's own type and length none is a cast. */
function castsOf(indexes: readonly Index[], { vectorType, dimension }: Shape): readonly Cast[] {
  if (vectorType === "bit") return [];
  const casts = indexes.flatMap(({ cast }) => cast ?? []);
  const others = casts.filter(
    (cast) =>
      (cast.type !== vectorType || cast.dimension !== dimension) && cast.dimension === (dimension ?? cast.dimension),
  );
  return [...new Map(others.map((cast) => [`${cast.type}(${cast.dimension})`, cast])).values()];
}

/** Tables whose rows are sorted: an index gives no order of them. */
async function tryOrder(client: PoolClient, spec: PgvectorSpec, shape: Shape & Pick<TableShape, "cast">) {
  const request = trialRequest(shape.dimension ?? shape.cast?.dimension ?? 1);
  const query = makeVectorQuery(spec)({ ...shape, mostFound: null }, request);
  const plan = await planOf(client, query, orderedSettings);
  const { sorts, sorted, all } = sortsIn(plan);
  const lacking = !sorts ? [] : sorted.length > 0 ? sorted : ["?"];
  return { cast: shape.cast, index: orderingIndexIn(plan), lacking, all: all.length > 0 ? all : ["?"] };
}

function trialRequest(dimension: number): BackendRequest {
  const binary = Buffer.alloc(4 + dimension * 4);
  binary.writeUInt16BE(dimension, 0);
  for (let at = 4; at < binary.length; at += 4) binary.writeFloatBE(1, at);
  return { k: 10, embedding: { dimension, binary: () => binary, json: () => new Uint8Array() } };
}
