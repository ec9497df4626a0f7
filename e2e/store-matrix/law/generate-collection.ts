// Collections as somebody may have them: ids of points and of chunks in every form, values of any type in each field, with
// and without payload indexes and strict mode. Pure.
import { rawJson } from "#support/raw-json.ts";
import { dimension, type StoreCase } from "./generate.ts";

export type CollectionCase = StoreCase & {
  readonly distance: "Cosine" | "Dot" | "Euclid";
  /** That make it, `rest` behind its own path. */
  readonly requests: readonly { readonly method: "PUT" | "PATCH"; readonly rest: string; readonly body: object }[];
};

const pointCount = 4;

/** Values of a field, one for each point; undefined: the point hasn't the key. */
type Values = { readonly name: string; readonly of: readonly unknown[]; readonly index?: string };

const uuidOf = (point: number): string => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${point}`;
const each = (of: (point: number) => unknown): unknown[] => Array.from({ length: pointCount }, (_, point) => of(point));

const pointIds: readonly Values[] = [
  { name: "integers", of: each((point) => point + 1) },
  { name: "64-bit integers", of: each((point) => rawJson(`1844674407370955161${point}`)) },
  { name: "UUIDs", of: each(uuidOf) },
  { name: "integers and UUIDs", of: each((point) => (point < 2 ? point : uuidOf(point))) },
];

/** `none`: chunks go by the ids of points. */
const chunkIds: readonly Values[] = [
  { name: "text", of: each((point) => `chunk ${point} ü"\\'`), index: "keyword" },
  { name: "integers", of: each((point) => point - 1), index: "integer" },
  {
    name: "64-bit integers",
    of: each((point) => rawJson(`${9_007_199_254_740_992n + BigInt(point)}`)),
    index: "integer",
  },
  { name: "unsigned integers", of: each((point) => rawJson(`1844674407370955161${point}`)) },
  { name: "UUIDs", of: each(uuidOf), index: "uuid" },
  { name: "UUIDs in capitals", of: each((point) => uuidOf(point).toUpperCase()), index: "uuid" },
  { name: "text and integers", of: each((point) => (point < 2 ? `c${point}` : point)) },
  { name: "some", of: each((point) => (point < 2 ? `c${point}` : undefined)) },
  { name: "no names", of: [true, null, ["x"], { a: 1 }] },
  { name: "empty and blank", of: ["", " ", "\ufeff", "a\u0000b"] },
];

const values: readonly Values[] = [
  { name: "text", of: ["a", "B", "", " c "], index: "keyword" },
  { name: "text and nothing", of: ["a", null, undefined, []], index: "keyword" },
  { name: "integers", of: [1, -2, rawJson("9007199254740993"), rawJson("-9223372036854775808")], index: "integer" },
  { name: "floats", of: [0.1, rawJson("2.0"), rawJson("1e2"), rawJson("-0.0")], index: "float" },
  { name: "doubles", of: [1.3996620007992855, 48.205622474619084, 0.062116760078013644, 0.1], index: "float" },
  { name: "large numbers", of: [rawJson("18446744073709551615"), rawJson("1e300"), 5e-324, 0] },
  { name: "booleans", of: [true, false, null, "true"], index: "bool" },
  { name: "lists", of: [["a", "b"], [], [1, "1", null], [[1]]], index: "keyword" },
  { name: "objects", of: [{ a: 1 }, {}, { "a.b": [1.5] }, [{ a: 1 }]] },
  {
    name: "moments",
    of: ["2026-01-01T10:00:00Z", "2026-01-01", "2026-01-01 10:00:00.123456789+02:00", "soon"],
    index: "datetime",
  },
  { name: "numbers of moments", of: [1_775_211_072, 1_775_211_072_123, 1_775_211_072.5, 0], index: "integer" },
  { name: "odd moments", of: ["0000-01-01", "9999-12-31T23:59:59.999Z", "2026-02-30", ["2026-01-01"]] },
  { name: "UUIDs", of: each(uuidOf), index: "uuid" },
];
/** Texts and namespaces, which are asked for as text. */
const names: readonly Values[] = [
  { name: "text", of: ["a", "B", "", " c "], index: "keyword" },
  { name: "text and nothing", of: ["a", null, undefined, "d"], index: "keyword" },
];

const wanting = "indexes wanted";
const strictModes: readonly (readonly [string, object | null])[] = [
  ["", null],
  ["", null],
  ["small limits", { max_query_limit: 100, condition_max_size: 2, upsert_max_batchsize: 1, max_timeout: 1 }],
  [wanting, { unindexed_filtering_retrieve: false, unindexed_filtering_update: false, filter_max_conditions: 2 }],
];

/** How the vectors stand: one alone, one of a name, and the unnamed one beside another, as LangChain makes it. */
const vectorForms = ["alone", "text", ""] as const;

type Field = { readonly path: string; readonly values: Values };

/** `random`: 0..1, one draw for each choice. */
export function drawCollection(random: () => number): CollectionCase {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const fields: Field[] = [];
  const place = (key: string, from: readonly Values[], none = 0): string => {
    if (random() < none) return "$none";
    const path = random() < 0.3 ? `meta.${key}` : key;
    fields.push({ path, values: pick(from) });
    return path;
  };
  const [strictness, strict] = pick(strictModes);
  const findable = (from: readonly Values[]) =>
    strictness === wanting ? from.filter(({ index }) => index !== undefined) : from;
  const points = pick(pointIds);
  const isOwnId = random() < 0.2;
  const paths = {
    id: isOwnId ? "$id" : place("chunk", findable(chunkIds)),
    entity: place("entity", values),
    updatedAt: place("moment", findable(values.toReversed().slice(0, 5)), 0.1),
    // As text alone a namespace is found.
    namespace: place("space", names, 0.1),
    text: place("body", names, 0.3),
  };
  const metadata = ["one", "two"].map((name) => ({ name, path: place(name, values) }));
  const vectorForm = pick(vectorForms);
  const distance = pick(["Cosine", "Dot", "Euclid"] as const);
  // Where strict mode wants an index, a search without one is refused by name: what is asked of each chunk has one.
  const indexed = fields.filter(
    ({ values: { index } }) => index !== undefined && (strictness === wanting || random() < 0.6),
  );
  const shown = fields.map(({ path, values: { name } }) => `${path} ${name}`);
  return {
    name: [
      strictness,
      distance,
      `vector ${vectorForm}`,
      `points ${points.name}`,
      ...shown,
      `indexes ${indexed.map(({ path }) => path).join()}`,
    ].join("; "),
    distance,
    requests: requestsOf({ points, fields, indexed, vectorForm, distance, strict }),
    document: { ...(vectorForm === "text" ? { vectorName: "text" } : {}), fields: { ...paths, metadata } },
    metadata: metadata.map(({ name }) => name),
    isDated: paths.updatedAt !== "$none",
    hasNamespace: paths.namespace !== "$none",
    hasText: paths.text !== "$none",
  };
}

type Made = {
  readonly points: Values;
  readonly fields: readonly Field[];
  readonly indexed: readonly Field[];
  readonly vectorForm: (typeof vectorForms)[number];
  readonly distance: string;
  readonly strict: object | null;
};

function requestsOf({ points, fields, indexed, vectorForm, distance, strict }: Made): CollectionCase["requests"] {
  const named = (vector: unknown, other: unknown): unknown =>
    vectorForm === "alone" ? vector : { [vectorForm]: vector, other };
  const held = points.of.map((id, point) => ({
    id,
    vector: named(
      Array.from({ length: dimension }, (_, index) => (index === point ? 1 : 0.5)),
      [1, point],
    ),
    payload: payloadOf(fields, point),
  }));
  const mode = { strict_mode_config: { enabled: true, ...strict } };
  return [
    { method: "PUT", rest: "", body: { vectors: named({ size: dimension, distance }, { size: 2, distance: "Dot" }) } },
    ...indexed.map(({ path, values: { index } }) => ({
      method: "PUT" as const,
      rest: "/index?wait=true",
      body: { field_name: path, field_schema: index },
    })),
    ...held.map((point) => ({ method: "PUT" as const, rest: "/points?wait=true", body: { points: [point] } })),
    ...(strict === null ? [] : [{ method: "PATCH" as const, rest: "", body: mode }]),
  ];
}

function payloadOf(fields: readonly Field[], point: number): object {
  const payload: Record<string, unknown> = {};
  const meta: Record<string, unknown> = {};
  for (const {
    path,
    values: { of },
  } of fields) {
    const [first = "", inner] = path.split(".");
    if (inner === undefined) payload[first] = of[point];
    else meta[inner] = of[point];
  }
  return Object.keys(meta).length === 0 ? payload : { ...payload, meta };
}
