// Tables as somebody may have them: each part of a chunk in a column of a type that is drawn, or in a member of JSON. Pure.

import { caselessType } from "@retriever/stores/test/caseless-type.ts";
import { escapeLiteral } from "pg";

/** Literals of a type, of which the chunks take one after the other. */
type ColumnType = { readonly type: string; readonly values: readonly string[] };

const rowCount = 4;
export const dimension = 4;

const numbered = (type: string, of: (row: number) => string): ColumnType => ({
  type,
  values: Array.from({ length: rowCount }, (_, row) => of(row)),
});
const uuidOf = (row: number): string => `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${row}'`;

/** Types of which four values differ, as ids do. */
const namingTypes: readonly ColumnType[] = [
  numbered("text", (row) => `'chunk ${row} ü'''`),
  numbered("varchar(20)", (row) => `'c-${row}'`),
  numbered("char(12)", (row) => `'c-${row}'`),
  numbered("name", (row) => `'c-${row}'`),
  numbered("text_domain", (row) => `'d-${row}'`),
  numbered("color", (row) => `'${["red", "green", "blue", "odd one"][row]}'`),
  numbered("color_domain", (row) => `'${["red", "green", "blue", "odd one"][row]}'`),
  numbered("elsewhere.citext", (row) => `'${["a", "B", "c", "D"][row]}'`),
  numbered("uuid", uuidOf),
  numbered("smallint", (row) => `${row - 1}`),
  numbered("integer", (row) => `${row}`),
  numbered("int_domain", (row) => `${row}`),
  numbered("bigint", (row) => `${9_007_199_254_740_992n + BigInt(row)}`),
  numbered("numeric", (row) => `${row}.50`),
  numbered("numeric(20,0)", (row) => `1844674407370955161${row}`),
  numbered("numeric(10,2)", (row) => `${row}.00`),
  numbered("oid", (row) => `${row}`),
  numbered("real", (row) => `${row}.5`),
  numbered("double precision", (row) => `${row}.1`),
  numbered("date", (row) => `'2026-01-0${row + 1}'`),
  numbered("timestamptz", (row) => `'2026-01-01 10:00:0${row}.25+02'`),
  numbered("bytea", (row) => `'\\x0${row}ff'`),
  numbered("inet", (row) => `'10.0.0.${row}'`),
  numbered("interval", (row) => `'${row} days'`),
  numbered("jsonb", (row) => `'"c-${row}"'`),
  numbered("text[]", (row) => `'{a,${row}}'`),
  numbered("bit(4)", (row) => `B'00${row.toString(2).padStart(2, "0")}'`),
  numbered("point", (row) => `'(${row},1)'`),
];

const fractions = [".1", ".123456", ".5", ".999999"] as const;
const momentTypes: readonly ColumnType[] = [
  ...["timestamptz", "timestamp"].flatMap((type) =>
    ["", "(0)", "(1)", "(2)", "(3)", "(4)", "(5)", "(6)"].map((digits) =>
      numbered(`${type}${digits}`, (row) => `'2026-01-31 23:59:59${fractions[row]}'`),
    ),
  ),
  numbered("date", (row) => `'2026-01-0${row + 1}'`),
  numbered("text", (row) => `'2026-01-01T10:00:00${fractions[row]}Z'`),
  numbered("varchar(40)", (row) => `'2026-01-0${row + 1}'`),
  numbered("moment_domain", (row) => `'2026-01-01 10:00:0${row}'`),
  numbered("integer", (row) => `${1_775_211_072 + row}`),
  numbered("bigint", (row) => `${1_775_211_072_123 + row}`),
  numbered("smallint", (row) => `${row}`),
  numbered("double precision", (row) => `1775211072${fractions[row]}`),
  numbered("real", (row) => `177521107${row}`),
  numbered("numeric", (row) => `1775211072${fractions[row]}`),
  numbered("time", (row) => `'10:00:0${row}'`),
  numbered("timestamptz[]", () => `'{2026-01-01}'`),
  numbered("jsonb", () => `'"2026-01-01T10:00:00Z"'`),
];

const otherTypes: readonly ColumnType[] = [
  { type: "boolean", values: ["true", "false", "true", "NULL"] },
  { type: "money", values: ["'1.50'", "'2'", "NULL", "'3'"] },
  { type: "time", values: ["'10:00'", "'11:00:00.5'", "NULL", "'12:00'"] },
  { type: "int[]", values: ["'{1,2}'", "'{}'", "NULL", "'{3,NULL}'"] },
  { type: "float8[]", values: ["'{1.5,2}'", "'{}'", "NULL", "'{3}'"] },
  { type: "timestamptz[]", values: ["'{2026-01-01 10:00:00+02}'", "'{}'", "NULL", "'{2026-01-01}'"] },
  { type: "jsonb", values: [`'{"a":[1,2.50,"x"]}'`, "'7.0'", "'null'", "NULL"] },
  { type: "json", values: [`'{"a": 1, "a": 2}'`, `'"\\u0000"'`, "'[1]'", "NULL"] },
  { type: "tsvector", values: ["'a b'", "'c'", "NULL", "'d'"] },
  { type: "int4range", values: ["'[1,3)'", "'empty'", "NULL", "'[2,)'"] },
  { type: "pair", values: ["ROW(1,'a')", "ROW(2,'b')", "NULL", "ROW(3,NULL)"] },
  { type: "timestamptz", values: ["'infinity'", "'-infinity'", "NULL", "'2026-01-01'"] },
  { type: "double precision", values: ["'NaN'", "'Infinity'", "NULL", "0.1"] },
  { type: "double precision", values: ["1.3996620007992855", "48.205622474619084", "NULL", "7.842798517674207e-10"] },
  { type: "numeric", values: ["'NaN'", "1e30", "NULL", "0.10"] },
  { type: "text", values: ["''", "'a'", "NULL", "'  b '"] },
  { type: "char(8)", values: ["'ab'", "''", "NULL", "'c d'"] },
];

/** JSON of a member. */
const memberValues: readonly (readonly string[])[] = [
  [`"a"`, `"b"`, `"c"`, `"d"`],
  ["1", "2", "3", "4"],
  ["1.50", "2.0", "1e2", "9007199254740993"],
  ["1.3996620007992855", "48.205622474619084", "0.062116760078013644", "null"],
  ["true", "false", "null", "true"],
  [`"2026-01-01T10:00:00Z"`, `"2026-01-01"`, `"soon"`, "null"],
  ["1775211072", "1775211072123", "1775211072.5", `"x"`],
  [`["a","b"]`, "[]", `{"b":1}`, "null"],
];

const relations = ["table", "view", "materialized view", "partitions", "inheritance"] as const;
/** What is asked of a store, whichever kind it is of. */
export type StoreCase = {
  readonly name: string;
  /** As a base has it, beside the connection. */
  readonly document: object;
  readonly metadata: readonly string[];
  readonly isDated: boolean;
  readonly hasNamespace: boolean;
  readonly hasText: boolean;
};

export type TableCase = StoreCase & { readonly statements: readonly string[] };

/** Types that the tables' columns are of, beside Postgres' own. */
export function typesOf(): string {
  return `CREATE DOMAIN text_domain AS text CHECK (length(value) < 20); CREATE DOMAIN int_domain AS int;
    CREATE DOMAIN moment_domain AS timestamptz(3); CREATE TYPE pair AS (a int, b text);
    CREATE TYPE color AS ENUM ('red', 'green', 'blue', 'odd one'); CREATE DOMAIN color_domain AS color;
    CREATE SCHEMA elsewhere; ${caselessType("elsewhere.citext")}`;
}

/** Null: the table has no such part. */
type Part = { readonly path: string; readonly name: string } | null;
type Column = { readonly name: string; readonly type: string; readonly values: readonly string[] };

/** `random`: 0..1, one draw for each choice. */
export function drawTable(random: () => number): TableCase {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const columns: Column[] = [];
  const members: { key: string; values: readonly string[] }[] = [];
  const documentType = pick(["jsonb", "json"]);
  const place = (
    part: string,
    types: readonly ColumnType[],
    chances: { none?: number; member?: number } = {},
  ): Part => {
    const { none = 0, member = 0.2 } = chances;
    if (random() < none) return null;
    if (random() < member) {
      const values = pick(memberValues);
      members.push({ key: part, values });
      return { path: `doc.${part}`, name: `${part} in ${documentType} ${values[0]}` };
    }
    // Half of them what most people have.
    const { type, values } = pick(random() < 0.5 ? types.slice(0, 2) : types);
    columns.push({ name: part, type, values });
    return { path: part, name: `${part} ${type} ${values[0]}` };
  };
  const anything = [...namingTypes, ...momentTypes, ...otherTypes];
  const parts = {
    id: place("id", namingTypes, { member: 0 }),
    entity: place("entity", anything),
    updatedAt: place("moment", momentTypes, { none: 0.1 }),
    namespace: place("space", anything, { none: 0.1 }),
    text: place("body", namingTypes.slice(0, 6), { none: 0.3 }),
  };
  const metadata = ["one", "two"].map((name) => ({ name, part: place(name, anything.toReversed()) }));
  const vector = pick(["vector", "vector", "halfvec", "bit"]);
  const shape = shapeFor(columns[0]?.type ?? "", pick([...relations, "table", "table"] as const), random() < 0.8);
  const paths = Object.entries(parts).map(([name, part]) => [name, part?.path ?? "$none"] as const);
  const all = [...Object.values(parts), ...metadata.map(({ part }) => part)].flatMap((part) => part?.name ?? []);
  return {
    name: [shape.relation, vector, shape.isKey ? "key" : "no key", ...all].join("; "),
    statements: statementsOf({ columns, members, documentType, vector, ...shape }),
    document: {
      preparedStatements: pick([true, false]),
      embeddingColumn: "embedding",
      schema: "drawn",
      table: "law",
      fields: {
        ...Object.fromEntries(paths),
        metadata: metadata.map(({ name, part }) => ({ name, path: part?.path })),
      },
    },
    metadata: metadata.map(({ name }) => name),
    isDated: parts.updatedAt !== null,
    hasNamespace: parts.namespace !== null,
    hasText: parts.text !== null,
  };
}

type Shape = { readonly relation: (typeof relations)[number]; readonly isKey: boolean };

/** As far as Postgres makes partitions and indexes of values of a type. */
function shapeFor(idType: string, relation: Shape["relation"], isKey: boolean): Shape {
  const hasHash = !/^(point|bit|elsewhere)/.test(idType);
  return {
    relation: relation === "partitions" && !hasHash ? "table" : relation,
    isKey: isKey && !/^(jsonb|point|text\[\])/.test(idType),
  };
}

type Made = Shape & {
  readonly columns: readonly Column[];
  readonly members: readonly { readonly key: string; readonly values: readonly string[] }[];
  readonly documentType: string;
  readonly vector: string;
};

function statementsOf({ columns, members, documentType, vector, relation, isKey }: Made): string[] {
  const below = /view/.test(relation) ? "below" : "law";
  const type = vector === "bit" ? `bit(${dimension})` : `${vector}(${dimension})`;
  const declared = columns.map(({ name, type: own }) => `${name} ${own}`);
  const all = [...declared, `doc ${documentType}`, `embedding ${type}`].join(", ");
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const document = `{${members.map(({ key, values }) => `"${key}":${values[row]}`).join(",")}}`;
    const numbers = Array.from({ length: dimension }, (_number, index) => (index === row ? 1 : 0));
    const embedding = vector === "bit" ? `B'${numbers.join("")}'` : `'[${numbers.join(",")}]'`;
    return `(${[...columns.map(({ values }) => values[row]), escapeLiteral(document), embedding].join(", ")})`;
  });
  return [
    "DROP SCHEMA IF EXISTS drawn CASCADE",
    "CREATE SCHEMA drawn",
    "SET search_path TO drawn, public",
    `CREATE TABLE ${below} (${all})${relation === "partitions" ? " PARTITION BY HASH (id)" : ""}`,
    ...(relation === "partitions"
      ? [0, 1].map((part) => `CREATE TABLE law_${part} PARTITION OF law FOR VALUES WITH (MODULUS 2, REMAINDER ${part})`)
      : []),
    `INSERT INTO ${below} VALUES ${rows.join(", ")}`,
    ...(relation === "inheritance"
      ? [
          "CREATE TABLE heir () INHERITS (law)",
          "WITH moved AS (DELETE FROM ONLY law WHERE embedding::text LIKE '%1_' RETURNING *) INSERT INTO heir SELECT * FROM moved",
        ]
      : []),
    ...(isKey ? [`CREATE UNIQUE INDEX ON ${below} (id)`] : []),
    ...(below === "law" ? [] : [`CREATE ${relation.toUpperCase()} law AS SELECT * FROM below`]),
  ];
}
