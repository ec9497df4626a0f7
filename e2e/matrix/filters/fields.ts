// The fields of the matrix of filters: how each is declared, what holds it in a table, and what values rows have there.
import { rawJson } from "#support/raw-json.ts";

type FieldRow = {
  /** As in `filterable`. */
  readonly type: string;
  /** Column of the table; a field inside JSON has none of its own. */
  readonly column?: string;
  /** JSON of the values that rows hold; `undefined` is no key at all. */
  readonly held: readonly unknown[];
  /** JSON of the values that filters ask for. */
  readonly asked: readonly unknown[];
};

const big = (text: string): unknown => rawJson(text);
const texts = [
  "de",
  "DE",
  "",
  "acme",
  "acme ",
  "é",
  "e\u0301",
  "7",
  "42",
  "true",
  'a"b\\c',
  "{x,y}",
  "NULL",
  "😀",
  "%",
  "null",
];
const integers = [0, 7, 42, -5, 2 ** 31, -(2 ** 31)];
const bigs = [
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "9007199254740994",
  "-9007199254740993",
  "1639887574359322625",
  "1639887574359322624",
  "9223372036854775807",
  "9223372036854775806",
  "-9223372036854775808",
  "-9223372036854775807",
].map(big);
const floats = [0, 0.1, 0.30000000000000004, 0.3, 42, 42.5, -1.5, 1e21, 1e-7];
const moments = [
  "2026-01-02",
  "2026-01-02T03:04:05Z",
  "2026-01-02T05:04:05+02:00",
  "2026-01-02T03:04:05",
  "2026-01-02T03:04:05.678Z",
  "2026-01-02T03:04:05.678901Z",
  "2026-01-02 03:04:05",
  "2024-02-29T23:59:59-05:30",
  "0001-01-01T00:00:00Z",
  "1969-12-31T23:59:59.5Z",
];
const noMoments = ["soon", "", "2026-02-30", "2025-02-29", "2026-13-01", "2026-01-02T25:00:00Z", 1767323045, true];
const utc = moments.filter((text) => text.endsWith("Z"));
const uuids = ["8a01379f-0d6b-4f6e-9d1a-2b9c3d4e5f60", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"];
const none = [null, undefined];
/** What is no value of any type. */
const odd = [null, undefined, [], {}, { lang: "de" }, [[]], [null]];
const lists = (values: readonly unknown[]): readonly unknown[] => [
  [],
  values.slice(0, 1),
  values.slice(1, 3),
  values.slice(-2),
  [...values.slice(2, 5), null],
];

const inJson: Readonly<Record<string, FieldRow>> = {
  k: { type: "keyword", held: [...texts, 7, 42.5, true, ["de", 7], ["acme", ["de"]], [["de"]], ...odd], asked: texts },
  n: {
    type: "integer",
    held: [...integers, ...bigs, big("42.0"), "42", "7", [7, 42, "x"], [big("7.0")], [[42]], ...odd],
    asked: [...integers, ...bigs, big("42.0"), big("1e3")],
  },
  f: {
    type: "float",
    held: [...floats, ...bigs, "0.1", [0.1, 42], [42, "a"], [[0.3]], 1e300, ...odd],
    asked: [...floats, ...bigs, 1e300],
  },
  b: {
    type: "boolean",
    held: [true, false, "true", 1, 0, [true, 1], [false, true], [[true]], ...odd],
    asked: [true, false],
  },
  t: {
    type: "moment",
    held: [...moments, ...noMoments, moments.slice(2, 5), ["soon", ...utc.slice(0, 1)], ...odd],
    asked: moments,
  },
};

const columns: Readonly<Record<string, FieldRow>> = {
  lang: { type: "keyword", column: "text", held: [...texts, ...none], asked: texts },
  code: { type: "text", column: "varchar(40)", held: [...texts, ...none], asked: texts },
  tenant: {
    type: "keyword",
    column: "uuid",
    held: [...uuids, ...none],
    asked: [...uuids, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "x"],
  },
  pages: { type: "integer", column: "int4", held: [...integers.slice(0, 4), ...none], asked: [...integers, ...bigs] },
  doc: { type: "integer", column: "int8", held: [...integers, ...bigs, ...none], asked: [...integers, ...bigs] },
  total: { type: "integer", column: "numeric", held: [...integers, ...bigs, ...none], asked: [...integers, ...bigs] },
  score: { type: "float", column: "float8", held: [...floats, ...none], asked: floats },
  price: {
    type: "float",
    column: "numeric(10,2)",
    held: [0.1, 0.3, 42, 42.5, -1.5, 9.99, ...none],
    asked: [...floats, 9.99],
  },
  exact: { type: "float", column: "numeric", held: [...floats, ...bigs, ...none], asked: [...floats, ...bigs] },
  weight: { type: "float", column: "float4", held: [0.1, 0.3, 42, 42.5, -1.5, ...none], asked: floats },
  words: { type: "float", column: "int8", held: [...integers, ...bigs, ...none], asked: [...floats, ...bigs] },
  ok: { type: "boolean", column: "bool", held: [true, false, ...none], asked: [true, false] },
  seen: { type: "moment", column: "timestamptz", held: [...moments, ...none], asked: moments },
  made: { type: "moment", column: "timestamp", held: [...utc, ...none], asked: moments },
  day: {
    type: "moment",
    column: "date",
    held: ["2026-01-02", "2024-02-29", ...none],
    asked: [...moments, "2024-02-29"],
  },
  said: { type: "moment", column: "text", held: [...moments, "soon", "2026-02-30", "", ...none], asked: moments },
  tags: { type: "keyword[]", column: "text[]", held: [...lists(texts), ...none], asked: texts },
  codes: { type: "keyword[]", column: "varchar[]", held: [...lists(texts), ...none], asked: texts },
  docs: {
    type: "integer[]",
    column: "int8[]",
    held: [...lists([...bigs, ...integers]), ...none],
    asked: [...integers, ...bigs],
  },
  marks: { type: "float[]", column: "float8[]", held: [...lists(floats), ...none], asked: floats },
  oks: { type: "boolean[]", column: "bool[]", held: [[true], [false, true], [], ...none], asked: [true, false] },
  times: { type: "moment[]", column: "timestamptz[]", held: [...lists(moments), ...none], asked: moments },
  list: {
    type: "keyword[]",
    column: "jsonb",
    held: [...texts, ["de", 7], [["de"]], ["acme", "é"], ...odd],
    asked: texts,
  },
};

function under(key: string): [string, FieldRow][] {
  return Object.entries(inJson).map(([name, row]) => [`${key}.${name}`, row]);
}

/** By the name that requests use. `meta` is jsonb, `old` is json, `meta.deep` is one level further down. */
export const fields: Readonly<Record<string, FieldRow>> = {
  ...columns,
  ...Object.fromEntries([...under("meta"), ...under("meta.deep"), ...under("old")]),
};

export const filterable = Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, type]));

const indexTypes: Readonly<Record<string, string>> = {
  keyword: "keyword",
  text: "keyword",
  integer: "integer",
  float: "float",
  boolean: "bool",
  moment: "datetime",
};

/** Every field with the payload index that serves it. */
export const payloadIndexes = Object.fromEntries(
  Object.entries(fields).map(([name, { type }]) => [name, indexTypes[type.replace("[]", "")] ?? ""]),
);

/** Table with a column for each. */
export const tableColumns = [
  ...Object.entries(columns).map(([name, { column }]) => `"${name}" ${column}`),
  '"meta" jsonb',
  '"old" json',
].join(", ");
