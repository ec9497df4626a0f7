// One comparison of a filter as SQL: with a list of values or between bounds, by an index wherever one can know of it.
import type { Bounds, Condition, FilterValue } from "#ports/filter.ts";
import type { Comparand } from "./comparand.ts";
import type { Wider } from "./wider-comparison.ts";

/** Takes a value and gives its place in the statement, `$3`. */
export type Bind = (text: string) => string;

/** What no JSON number and no text of a moment is beyond, but NaN and infinity are. */
const extremes: Readonly<Record<string, readonly [FilterValue, FilterValue]>> = {
  integer: [-(2n ** 63n), 2n ** 63n - 1n],
  float: [-Number.MAX_VALUE, Number.MAX_VALUE],
  moment: ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"],
};

type Compared = Exclude<Condition, { op: "exists" }>;
type RangeCondition = Extract<Condition, { op: "range" }>;

/** True where the row's value is one of a list, or within bounds; null or false elsewhere. */
export function compare(condition: Compared, comparand: Comparand, bind: Bind): string {
  return condition.op === "in"
    ? compareList(condition.values, comparand, bind)
    : compareRange(condition, comparand, bind);
}

function compareList(values: readonly FilterValue[], comparand: Comparand, bind: Bind): string {
  const list = bindList(values, comparand, bind);
  const exact = `${comparand.left} = ANY(${list.sql})`;
  const { index } = comparand;
  if (index === null || index === "itself" || values.length === 0) return exact;
  if (index.kind === "equality") return narrowed(index.among(list.parameter), exact);
  const sorted = values.toSorted((a, b) => Number(a) - Number(b));
  return narrowed(withinWider(index, [sorted[0] ?? 0, sorted.at(-1) ?? 0], bind), exact);
}

function compareRange({ field, bounds }: RangeCondition, comparand: Comparand, bind: Bind): string {
  const [least = "", most = ""] = extremes[field.type] ?? [];
  const { gt, gte, lt, lte }: Bounds = bounds;
  const low = gt === undefined ? ([">=", gte ?? least] as const) : ([">", gt] as const);
  const high = lt === undefined ? (["<=", lte ?? most] as const) : (["<", lt] as const);
  const sides = [low, high].map(([operator, value]) => {
    const text = comparand.textOf(value) ?? "";
    return `${comparand.left} ${operator} ${bind(text)}::${comparand.type}`;
  });
  const exact = sides.join(" AND ");
  const { index } = comparand;
  if (index === null || index === "itself" || index.kind !== "range") return exact;
  return narrowed(withinWider(index, [low[1], high[1]], bind), exact);
}

/** Within CASE the planner takes the exact comparison neither for rarer than the wider one nor for one to begin with. */
function narrowed(wider: string, exact: string): string {
  return `${wider} AND CASE WHEN ${exact} THEN true END`;
}

type Bounded = readonly [low: FilterValue, high: FilterValue];

function withinWider(index: Extract<Wider, { kind: "range" }>, [low, high]: Bounded, bind: Bind): string {
  const [least, most] = index.boundsOf(low, high);
  return `${index.left} >= ${bind(least)}::${index.type} AND ${index.left} <= ${bind(most)}::${index.type}`;
}

export function listSql(values: readonly FilterValue[], comparand: Comparand, bind: Bind): string {
  return bindList(values, comparand, bind).sql;
}

/** One parameter for any number of values, so that they are one statement. */
function bindList(values: readonly FilterValue[], { type, textOf, listOf }: Comparand, bind: Bind) {
  const texts = values.flatMap((value) => textOf(value) ?? []);
  const parameter = bind(arrayOf(texts));
  return { parameter, sql: listOf?.(parameter, texts) ?? `${parameter}::${type}[]` };
}

/** Postgres' text of an array. */
export function arrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
