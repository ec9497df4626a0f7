// Tables as people have them, as SQL. Pure.
import { escapeLiteral } from "pg";
import {
  chunkCount,
  type IdColumn,
  idColumns,
  type MomentColumn,
  momentColumns,
  type VectorColumn,
  vectorColumns,
} from "./chunks.ts";

type IndexKind = "none" | "hnsw" | "ivfflat" | "half" | "other distance";
type Relation = "table" | "view" | "partitions";
export type TableCase = {
  readonly name: string;
  /** Row of the printed table. */
  readonly group: string;
  readonly vector: VectorColumn;
  readonly id: IdColumn;
  readonly moment: MomentColumn;
  readonly index: IndexKind;
  readonly relation: Relation;
};

const [plainVector, plainId, plainMoment] = [vectorColumns[0], idColumns[0], momentColumns[0]] as [
  VectorColumn,
  IdColumn,
  MomentColumn,
];
const plain = { vector: plainVector, id: plainId, moment: plainMoment, index: "none", relation: "table" } as const;

/** Every type of column with every index and relation it can have; ids and moments with a plain vector. */
export function tableCases(): TableCase[] {
  const vectors = vectorColumns.flatMap((vector) =>
    indexesFor(vector).flatMap((index) =>
      (["table", "view", "partitions"] as const).map((relation) => ({
        ...plain,
        name: `${vector.name}, index ${index}, ${relation}`,
        group: vector.name,
        vector,
        index,
        relation,
      })),
    ),
  );
  const ids = idColumns.map((id) => ({ ...plain, name: `chunk_id ${id.type}`, group: "chunk_id", id }));
  const moments = momentColumns.map((moment) => ({
    ...plain,
    name: `updated_at ${moment.type} ${moment.sql}`,
    group: "updated_at",
    moment,
  }));
  return [...vectors, ...ids, ...moments];
}

const operators: Readonly<Record<string, string>> = { vector: "vector", halfvec: "halfvec", bit: "bit" };

function indexesFor({ type, servedSince }: VectorColumn): IndexKind[] {
  if (servedSince === null) return ["none"];
  if (!type.includes("(")) return ["none"];
  return type === `EXT.vector(8)` ? ["none", "hnsw", "ivfflat", "half", "other distance"] : ["none", "hnsw"];
}

/** Oldest minor version of pgvector 0.x in which the table can be made. */
export function thereSince({ vector, index }: TableCase): number {
  return index === "half" ? 7 : vector.type.startsWith("bit") && index === "hnsw" ? 7 : vector.thereSince;
}

/** The name that is served from is `served`; `extension` is the quoted schema of pgvector. */
export function statementsOf({ vector, id, moment, index, relation }: TableCase, extension: string): string {
  const type = vector.type.replace("EXT", extension);
  const rows = Array.from({ length: chunkCount }, (_, chunk) => {
    const values = [id.idOf(chunk), `entity-${chunk}`].map((text) => escapeLiteral(text));
    return `(${values.join(", ")}, ${moment.sql}, '${chunk % 2 === 0 ? "even" : "odd"}', '${vector.literal(chunk)}')`;
  });
  const columns = `chunk_id ${id.type}, entity_id text, updated_at ${moment.type}, namespace text, embedding ${type}`;
  const table = relation === "view" ? "below" : "served";
  const make =
    relation === "partitions"
      ? `CREATE TABLE served (${columns}) PARTITION BY LIST (namespace);
         CREATE TABLE served_even PARTITION OF served FOR VALUES IN ('even');
         CREATE TABLE served_odd PARTITION OF served DEFAULT`
      : `CREATE TABLE ${table} (${columns})`;
  return [
    "DROP VIEW IF EXISTS served_view",
    "DROP TABLE IF EXISTS served, below CASCADE",
    "DROP DOMAIN IF EXISTS embedding_domain",
    `CREATE DOMAIN embedding_domain AS ${extension}.vector(8)`,
    make,
    `INSERT INTO ${table} VALUES ${rows.join(", ")}`,
    ...(relation === "view" ? ["CREATE VIEW served_view AS SELECT * FROM below WHERE namespace IS NOT NULL"] : []),
    ...indexOf(type, index, { table, extension }),
  ].join(";\n");
}

type Place = { readonly table: string; readonly extension: string };

function indexOf(type: string, index: IndexKind, { table, extension }: Place): string[] {
  if (index === "none") return [];
  const kind = operators[type.replace(/^.*\.|\(.*$/g, "")] ?? "vector";
  const distance = kind === "bit" ? "hamming" : index === "other distance" ? "l2" : "cosine";
  const method = index === "ivfflat" ? "ivfflat" : "hnsw";
  const [on, own] = index === "half" ? [`(embedding::${extension}.halfvec(8))`, "halfvec"] : ["embedding", kind];
  const lists = method === "ivfflat" ? " WITH (lists = 1)" : "";
  return [`CREATE INDEX ON ${table} USING ${method} (${on} ${extension}.${own}_${distance}_ops)${lists}`];
}
