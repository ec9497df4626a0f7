// Seven chunks whose vectors differ from the request's in the signs of 0 to 6 of 8 numbers: the same similarities in
// whatever type of column, bits among them. Pure.

export const dimension = 8;
export const chunkCount = 7;
export const requestVector = Array.from({ length: dimension }, () => 1);
const numbersOf = (chunk: number) => requestVector.map((_, index) => (index < chunk ? -1 : 1));

/** Types of vectors' columns: how they are declared, and a vector as they are written. */
export type VectorColumn = {
  readonly name: string;
  readonly type: string;
  readonly literal: (chunk: number) => string;
  /** Oldest minor version of pgvector 0.x that serves it; null: none does. */
  readonly servedSince: number | null;
  /** Oldest that has the type. */
  readonly thereSince: number;
};

const list = (chunk: number) => `[${numbersOf(chunk).join(",")}]`;
const bits = (chunk: number) =>
  numbersOf(chunk)
    .map((number) => (number > 0 ? "1" : "0"))
    .join("");
const sparse = (chunk: number) =>
  `{${numbersOf(chunk)
    .map((number, index) => `${index + 1}:${number}`)
    .join(",")}}/${dimension}`;

export const vectorColumns: readonly VectorColumn[] = [
  { name: "vector(n)", type: `EXT.vector(${dimension})`, literal: list, servedSince: 0, thereSince: 0 },
  { name: "vector", type: "EXT.vector", literal: list, servedSince: 0, thereSince: 0 },
  { name: "domain of vector", type: "embedding_domain", literal: list, servedSince: 0, thereSince: 0 },
  { name: "halfvec(n)", type: `EXT.halfvec(${dimension})`, literal: list, servedSince: 7, thereSince: 7 },
  { name: "halfvec", type: "EXT.halfvec", literal: list, servedSince: 7, thereSince: 7 },
  { name: "bit(n)", type: `bit(${dimension})`, literal: bits, servedSince: 7, thereSince: 0 },
  { name: "sparsevec(n)", type: `EXT.sparsevec(${dimension})`, literal: sparse, servedSince: null, thereSince: 7 },
  {
    name: "real[]",
    type: "real[]",
    literal: (chunk) => `{${numbersOf(chunk).join(",")}}`,
    servedSince: null,
    thereSince: 0,
  },
  { name: "text", type: "text", literal: list, servedSince: null, thereSince: 0 },
];

/** Types of ids: a chunk's id as it is written and as it is served. */
export type IdColumn = { readonly type: string; readonly idOf: (chunk: number) => string };

export const idColumns: readonly IdColumn[] = [
  { type: "text", idOf: (chunk) => `chunk '${chunk}' ü` },
  { type: "varchar(80)", idOf: (chunk) => `chunk-${chunk}` },
  { type: "char(36)", idOf: (chunk) => `chunk-${chunk}` },
  { type: "uuid", idOf: (chunk) => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${chunk}` },
  { type: "smallint", idOf: (chunk) => `${chunk - 3}` },
  { type: "integer", idOf: (chunk) => `${chunk}` },
  { type: "bigint", idOf: (chunk) => `${9_007_199_254_740_990n + BigInt(chunk)}` },
  { type: "numeric", idOf: (chunk) => `18446744073709551${chunk}.10` },
];

/** Types of `updated_at`: a value as SQL, and the moment that is served; undefined: the column is refused. */
export type MomentColumn = { readonly type: string; readonly sql: string; readonly served: string | null | undefined };

export const momentColumns: readonly MomentColumn[] = [
  { type: "timestamptz", sql: "'2026-04-03 10:11:12.345678+02'", served: "2026-04-03T08:11:12.345Z" },
  { type: "timestamptz", sql: "'infinity'", served: null },
  { type: "timestamptz", sql: "NULL", served: null },
  { type: "timestamptz(0)", sql: "'1969-12-31 23:59:59+00'", served: "1969-12-31T23:59:59.000Z" },
  { type: "timestamp", sql: "'2026-04-03 10:11:12.5'", served: "2026-04-03T10:11:12.500Z" },
  { type: "date", sql: "'2026-04-03'", served: "2026-04-03T00:00:00.000Z" },
  { type: "text", sql: "'2026-04-03T10:11:12+02:00'", served: "2026-04-03T08:11:12.000Z" },
  { type: "varchar(40)", sql: "'2026-04-03 10:11:12'", served: "2026-04-03T10:11:12.000Z" },
  { type: "bigint", sql: "1775211072", served: "2026-04-03T10:11:12.000Z" },
  { type: "double precision", sql: "1775211072.5", served: "2026-04-03T10:11:12.500Z" },
  { type: "numeric", sql: "1775211072000", served: "2026-04-03T10:11:12.000Z" },
  { type: "text", sql: "'soon'", served: null },
  { type: "jsonb", sql: `'"2026-04-03"'`, served: undefined },
];
