// A comparison by a column's own operator that passes whatever an exact one passes, and more: an index knows of it, and the
// exact one is asked of what it finds. Without it a filter by a cast reads all rows.
import type { FilterValue } from "#ports/filter.ts";
import { type Comparable, comparedBy, typeOf } from "../client/own-comparison.ts";

export type Wider =
  /** Equal to one of the texts of a parameter. */
  | { readonly kind: "equality"; readonly among: (parameter: string) => string }
  /** Between two texts of the type, which are the same values' bounds or beyond. */
  | {
      readonly kind: "range";
      readonly left: string;
      readonly type: string;
      readonly boundsOf: (low: FilterValue, high: FilterValue) => readonly [string, string];
    };

/** What takes different texts for equal takes no equal ones for different. */
export function widerEquality(column: Comparable, sql: string): Wider {
  const equals = comparedBy("=", sql, column);
  return { kind: "equality", among: (parameter) => `${equals} ANY(${parameter}::text[]::${typeOf(column)}[])` };
}

/** Of a type of numbers whose values are compared as doubles; undefined: it is none. */
export function widerRange(type: string, sql: string): Wider | undefined {
  const range = ranges[type];
  if (range === undefined) return undefined;
  const boundsOf = (low: FilterValue, high: FilterValue): [string, string] => [
    range.textOf(beyond(Number(low), -1, range.step), Math.floor),
    range.textOf(beyond(Number(high), 1, range.step), Math.ceil),
  ];
  return { kind: "range", left: sql, type: range.type, boundsOf };
}

/** A value's neighbour or further, which rounding doesn't lead past; `step` is the distance as a share of the value. */
function beyond(value: number, side: 1 | -1, step: number): number {
  return value + side * (Math.abs(value) * step + smallestReal);
}

const smallestReal = 2 ** -149;
const largestReal = 3.402_823_466_385_288_6e38;
const [smallestInteger, largestInteger] = [-(2n ** 63n), 2n ** 63n - 1n];

type Outward = (value: number) => number;
type Range = {
  readonly type: string;
  readonly step: number;
  readonly textOf: (value: number, outward: Outward) => string;
};
const integers: Range = { type: "int8", step: 2 ** -52, textOf: integerText };
const ranges: Readonly<Record<string, Range>> = {
  float4: { type: "float4", step: 2 ** -22, textOf: (value) => String(Math.fround(within(value, largestReal))) },
  numeric: { type: "numeric", step: 2 ** -52, textOf: (value) => String(within(value, Number.MAX_VALUE)) },
  int2: integers,
  int4: integers,
  int8: integers,
};

function within(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}

function integerText(value: number, outward: Outward): string {
  if (!Number.isFinite(value)) return String(value < 0 ? smallestInteger : largestInteger);
  const integer = BigInt(outward(value));
  return String(integer < smallestInteger ? smallestInteger : integer > largestInteger ? largestInteger : integer);
}
