// Filters of requests as predicates over a point. Types are strict: 12 isn't "12", and a wrong shape is refused.
// Everything works without a payload index, by looking at every point.
import { z } from "zod";
import { parseDatetime } from "./datetime.ts";
import { isArray, isInteger, type Json, type JsonObject, toDouble } from "./json.ts";
import { elementsAt, parsePath, valuesAt } from "./payload.ts";
import { type PointId, readPointId } from "./point-id.ts";

type Subject = { readonly id: PointId; readonly payload: JsonObject };
export type Predicate = (subject: Subject) => boolean;
type Test = (value: Json) => boolean;

export const pointIdSchema = readAs(readPointId);
const integer = z.custom<number | bigint>(isInteger);

/** What `read` makes of a value; a value of which it makes nothing is refused. */
export function readAs<T>(read: (value: unknown) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue("unexpected value");
    return z.NEVER;
  });
}

function boundsOf(bound: ReturnType<typeof readAs<number>>) {
  const optional = bound.optional();
  return z.strictObject({ gt: optional, gte: optional, lt: optional, lte: optional });
}

type Bounds = z.infer<ReturnType<typeof boundsOf>>;

function timeOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseDatetime(value) : undefined;
}

function within(bounds: Bounds, read: (value: Json) => number | undefined): Test {
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
  const isOpen = { low: bounds.gt === undefined, high: bounds.lt === undefined };
  return (value) => {
    const number = read(value);
    if (number === undefined || number < gte || number > lte) return false;
    return (isOpen.low || number > gt) && (isOpen.high || number < lt);
  };
}

/** Bounds that are all numbers make a numeric range, all RFC 3339 a range of times; a mixture is refused. */
const rangeSchema = z.union([
  boundsOf(readAs(toDouble)).transform((bounds) => within(bounds, toDouble)),
  boundsOf(readAs(timeOf)).transform((bounds) => within(bounds, timeOf)),
]);

/** `any` takes strings alone or integers alone. */
const matchSchema = z
  .strictObject({
    value: z.union([z.string(), z.boolean(), integer]).optional(),
    any: z.union([z.array(z.string()), z.array(integer)]).optional(),
  })
  .transform(({ value, any }, context): Test => {
    if (value !== undefined) return isEqualTo(value);
    if (any !== undefined) return isAnyOf(any);
    context.addIssue("a match of nothing");
    return z.NEVER;
  });

function isEqualTo(wanted: Json): Test {
  return (value) => value === wanted;
}

function isAnyOf(wanted: readonly Json[]): Test {
  const set = new Set(wanted);
  return (value) => set.has(value);
}

const conditionSchema = z
  .strictObject({
    key: z.string().optional(),
    match: matchSchema.nullish(),
    range: rangeSchema.nullish(),
    is_empty: z.strictObject({ key: z.string() }).optional(),
    is_null: z.strictObject({ key: z.string() }).optional(),
    has_id: z.array(pointIdSchema).optional(),
  })
  .transform(({ key, match, range, is_empty, is_null, has_id }, context): Predicate => {
    const tests = [match, range].filter((test) => typeof test === "function");
    if (key !== undefined && tests.length > 0) return passesAt(parsePath(key), tests);
    if (is_empty !== undefined) return isEmptyAt(parsePath(is_empty.key));
    if (is_null !== undefined) return isNullAt(parsePath(is_null.key));
    if (has_id !== undefined) return hasIdOf(new Set(has_id));
    context.addIssue("a condition without a check");
    return z.NEVER;
  });

/** A list passes when one of its elements does. */
function passesAt(path: readonly string[], tests: readonly Test[]): Predicate {
  return ({ payload }) => tests.every((test) => elementsAt(payload, path).some(test));
}

function isEmptyAt(path: readonly string[]): Predicate {
  return ({ payload }) =>
    valuesAt(payload, path).every((value) => value === null || (isArray(value) && value.length === 0));
}

function isNullAt(path: readonly string[]): Predicate {
  return ({ payload }) => valuesAt(payload, path).includes(null);
}

function hasIdOf(ids: ReadonlySet<PointId>): Predicate {
  return ({ id }) => ids.has(id);
}

const conditions = z.array(conditionSchema).nullish();

/** `filter` of a request. One without conditions lets everything through. */
export const filterSchema = z
  .strictObject({ must: conditions, should: conditions, must_not: conditions })
  .transform(({ must, should, must_not }): Predicate => {
    const all = must ?? [];
    const some = should ?? [];
    const none = must_not ?? [];
    return (subject) =>
      all.every((holds) => holds(subject)) &&
      (some.length === 0 || some.some((holds) => holds(subject))) &&
      !none.some((holds) => holds(subject));
  });
