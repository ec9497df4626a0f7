// The checks that a filter can make on one field: match, range and values_count.
// Pure; a check sees one value at a time.
import { parseDatetime } from "./datetime.ts";
import { LimitFault, notInStandIn, ShapeFault } from "./fault.ts";
import { isArray, isInteger, type Json, JsonObject, toDouble } from "./json-value.ts";
import { asObject, readUnsigned } from "./members.ts";

/** `elements`: a list passes when one of its elements does. `values`: the list itself is looked at. */
export type Check = { readonly on: "elements" | "values"; readonly test: (value: Json) => boolean };

const geographic = ["geo_bounding_box", "geo_radius", "geo_polygon"];

/** All checks of a field condition; all must pass. Throws ShapeFault or LimitFault. */
export function parseFieldChecks(condition: JsonObject): readonly Check[] {
  const checks: Check[] = [];
  const has = (name: string) => (condition.get(name) ?? null) !== null;
  if (geographic.some(has)) throw notInStandIn("geographic conditions");
  if (has("match")) checks.push({ on: "elements", test: parseMatch(condition.get("match")) });
  if (has("range")) checks.push({ on: "elements", test: parseRange(condition.get("range")) });
  if (has("values_count")) checks.push({ on: "values", test: parseValuesCount(condition.get("values_count")) });
  if (checks.length === 0) throw new LimitFault("filter: At least one field condition must be specified");
  return checks;
}

function noVariant(name: string): ShapeFault {
  return new ShapeFault(`data did not match any variant of untagged enum ${name}`);
}

function parseMatch(value: Json | undefined): (value: Json) => boolean {
  if (!(value instanceof JsonObject)) throw noVariant("MatchInterface");
  const wanted = value.get("value");
  if (typeof wanted === "string" || typeof wanted === "boolean" || isInteger(wanted))
    return (actual) => actual === wanted;
  const text = value.get("text");
  if (typeof text === "string") return (actual) => typeof actual === "string" && actual.includes(text);
  const any = wordsOrNumbers(value.get("any"));
  if (any !== undefined) return (actual) => any.has(actual);
  const except = wordsOrNumbers(value.get("except"));
  if (except !== undefined) return (actual) => !except.has(actual);
  throw noVariant("MatchInterface");
}

/** A list of strings alone or of integers alone; undefined for anything else. */
function wordsOrNumbers(value: Json | undefined): ReadonlySet<Json> | undefined {
  if (!isArray(value)) return undefined;
  const uniform = value.every((element) => typeof element === "string") || value.every(isInteger);
  return uniform ? new Set<Json>(value) : undefined;
}

type Bounds = { readonly gt?: number; readonly gte?: number; readonly lt?: number; readonly lte?: number };
const boundNames = ["gt", "gte", "lt", "lte"] as const;

function within(value: number, { gt, gte, lt, lte }: Bounds): boolean {
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte)
  );
}

/** Bounds that are all numbers make a numeric range, all RFC 3339 a range of times; a mixture is refused. */
function parseRange(value: Json | undefined): (value: Json) => boolean {
  if (!(value instanceof JsonObject)) throw noVariant("RangeInterface");
  const numbers = boundsOf(value, toDouble);
  if (numbers !== undefined) {
    return (actual) => {
      const number = toDouble(actual);
      return number !== undefined && within(number, numbers);
    };
  }
  const times = boundsOf(value, timeOf);
  if (times === undefined) throw noVariant("RangeInterface");
  return (actual) => {
    const time = timeOf(actual);
    return time !== undefined && within(time, times);
  };
}

function timeOf(value: Json): number | undefined {
  return typeof value === "string" ? parseDatetime(value) : undefined;
}

function boundsOf(object: JsonObject, read: (value: Json) => number | undefined): Bounds | undefined {
  const bounds: Record<string, number> = {};
  for (const name of boundNames) {
    const value = object.get(name) ?? null;
    if (value === null) continue;
    const bound = read(value);
    if (bound === undefined) return undefined;
    bounds[name] = bound;
  }
  return bounds;
}

function parseValuesCount(value: Json | undefined): (value: Json) => boolean {
  const object = asObject(value, "struct ValuesCount");
  const bounds: Record<string, number> = {};
  for (const name of boundNames) {
    const bound = readUnsigned(object, name);
    if (bound !== undefined) bounds[name] = bound;
  }
  return (actual) => within(countOf(actual), bounds);
}

function countOf(value: Json): number {
  if (value === null) return 0;
  return isArray(value) ? value.length : 1;
}
