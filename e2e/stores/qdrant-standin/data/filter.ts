// Filters of requests as predicates over a point. Types are strict: 12 isn't "12", and a wrong shape is refused.
// Every point is looked at, with or without a payload index; an index changes what some conditions find.
import { z } from "zod";
import { parseDatetime } from "./datetime.ts";
import { isArray, isInteger, type Json, type JsonObject, toDouble } from "./json.ts";
import { elementsAt, isPath, type Path, parsePath, valuesAt } from "./payload.ts";
import { type Indexes, type IndexType, indexedInteger, uuidOf } from "./payload-index.ts";
import { type PointId, readPointId } from "./point-id.ts";

type Subject = { readonly id: PointId; readonly payload: JsonObject; readonly slot?: number };
/** Whether the point in a slot has the vector of a name. */
export type HasVector = (slot: number, name: string) => boolean;
type Predicate = (subject: Subject, indexes?: Indexes, hasVector?: HasVector) => boolean;
/** `type`: of the index on the path. */
type Test = (value: Json, type: IndexType | undefined) => boolean;
/** What strict mode looks at: the key, the types of index that serve it (none: any), how many values it names. */
type Asked = { readonly key?: string; readonly types: readonly IndexType[]; readonly size: number };
export type Filter = Predicate & { readonly asked: readonly Asked[] };

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

type Number64 = number | bigint;

function within(bounds: Bounds, read: (value: Json, type: IndexType | undefined) => Number64 | undefined): Test {
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
  const isOpen = { low: bounds.gt === undefined, high: bounds.lt === undefined };
  return (value, type) => {
    const number = read(value, type);
    if (number === undefined || number < gte || number > lte) return false;
    return (isOpen.low || number > gt) && (isOpen.high || number < lt);
  };
}

/** An index of moments answers a range of numbers, and the other way round, with what it holds of it: nothing. */
function numberAt(value: Json, type: IndexType | undefined): Number64 | undefined {
  if (type === "datetime") return undefined;
  // An index of integers compares them exactly.
  return type === "integer" ? indexedInteger(value) : toDouble(value);
}

function timeAt(value: Json, type: IndexType | undefined): number | undefined {
  return type === "integer" || type === "float" ? undefined : timeOf(value);
}

type Check = { readonly test: Test; readonly types: readonly IndexType[]; readonly size: number };

/** Bounds that are all numbers make a numeric range, all RFC 3339 a range of times; a mixture is refused. */
const rangeSchema = z.union([
  boundsOf(readAs(toDouble)).transform(
    (bounds): Check => ({ test: within(bounds, numberAt), types: ["float", "integer"], size: 1 }),
  ),
  boundsOf(readAs(timeOf)).transform(
    (bounds): Check => ({ test: within(bounds, timeAt), types: ["datetime"], size: 1 }),
  ),
]);

/** `any` and `except` take strings alone or integers alone. */
const listed = z.union([z.array(z.string()), z.array(integer)]).optional();
const matchSchema = z
  .strictObject({ value: z.union([z.string(), z.boolean(), integer]).optional(), any: listed, except: listed })
  .transform(({ value, any, except }, context): Check => {
    const wanted = value === undefined ? (any ?? except) : [value];
    if (wanted === undefined) {
      context.addIssue("a match of nothing");
      return z.NEVER;
    }
    const isOneOf = isAnyOf(wanted);
    const isInteger64 = wanted.some(isInteger);
    const isUuid = value !== undefined && uuidOf(value) !== undefined;
    const test: Test =
      except === undefined
        ? (each, type) => !(isUuid && isOfNumbers(type)) && isOneOf(each, type)
        : (each, type) =>
            each !== null &&
            (type !== "integer" || !isInteger64 || indexedInteger(each) !== undefined) &&
            !isOneOf(each, type);
    return { test, types: typesOf(wanted[0]), size: wanted.length };
  });

/** Such an index answers a match of one UUID, and holds none. */
function isOfNumbers(type: IndexType | undefined): boolean {
  return type === "integer" || type === "float" || type === "datetime";
}

function typesOf(value: Json | undefined): readonly IndexType[] {
  if (isInteger(value)) return ["integer"];
  if (typeof value === "boolean") return ["bool"];
  return value !== undefined && uuidOf(value) !== undefined ? ["keyword", "uuid"] : ["keyword"];
}

function isAnyOf(wanted: readonly Json[]): Test {
  const set = new Set(wanted);
  const integers = new Set(wanted.flatMap((value) => indexedInteger(value) ?? []));
  const uuids = new Set(wanted.flatMap((value) => uuidOf(value) ?? []));
  return (value, type) => {
    if (set.has(value)) return true;
    if (type === "integer") return integers.has(indexedInteger(value) ?? 2n ** 64n);
    return type === "uuid" && uuids.has(uuidOf(value) ?? "");
  };
}

const path = z.string().refine(isPath);
const countBounds = boundsOf(readAs(toDouble)).transform((bounds) => within(bounds, toDouble));
/** A check of one key, of the id, or a filter of its own. */
const conditionSchema: z.ZodType<Filter> = z
  .strictObject({
    key: path.optional(),
    match: matchSchema.nullish(),
    range: rangeSchema.nullish(),
    values_count: countBounds.nullish(),
    is_empty: z.strictObject({ key: path }).optional(),
    is_null: z.strictObject({ key: path }).optional(),
    has_id: z.array(pointIdSchema).optional(),
    has_vector: z.string().optional(),
    must: z.lazy(() => conditions),
    should: z.lazy(() => conditions),
    must_not: z.lazy(() => conditions),
  })
  .transform(
    ({ key, match, range, values_count, is_empty, is_null, has_id, has_vector, ...clauses }, context): Filter => {
      const checks = [match, range].filter((check) => check !== null && check !== undefined);
      if (key !== undefined && checks.length > 0) {
        return asking(passesAt(key, checks), {
          key,
          types: checks.flatMap(({ types }) => types),
          size: Math.max(...checks.map(({ size }) => size)),
        });
      }
      if (key !== undefined && values_count)
        return asking(countsAt(parsePath(key), values_count), { key, types: [], size: 1 });
      if (is_empty !== undefined)
        return asking(isEmptyAt(parsePath(is_empty.key)), { ...is_empty, types: [], size: 1 });
      if (is_null !== undefined) return asking(isNullAt(parsePath(is_null.key)), { ...is_null, types: [], size: 1 });
      if (has_id !== undefined) return asking(hasIdOf(new Set(has_id)), { types: [], size: has_id.length });
      if (has_vector !== undefined) return asking(hasVectorOf(has_vector), { types: [], size: 1 });
      if (key === undefined && Object.keys(clauses).length > 0) return filterOf(clauses);
      context.addIssue("a condition without a check");
      return z.NEVER;
    },
  );

function asking(predicate: Predicate, ...asked: readonly Asked[]): Filter {
  return Object.assign(predicate, { asked });
}

/** A list passes when one of its elements does. */
function passesAt(key: string, checks: readonly Check[]): Predicate {
  const steps = parsePath(key);
  return ({ payload }, indexes) => {
    const type = indexes?.get(key)?.type;
    return checks.every(({ test }) => elementsAt(payload, steps).some((value) => test(value, type)));
  };
}

/** A value by itself is one, null and what isn't there none. */
function countsAt(steps: Path, test: Test): Predicate {
  return ({ payload }) => {
    const values = valuesAt(payload, steps);
    const counts = values.map((value) => (isArray(value) ? value.length : Number(value !== null)));
    return (counts.length === 0 ? [0] : counts).some((count) => test(count, undefined));
  };
}

function isEmptyAt(steps: Path): Predicate {
  return ({ payload }) =>
    valuesAt(payload, steps).every((value) => value === null || (isArray(value) && value.length === 0));
}

function isNullAt(steps: Path): Predicate {
  return ({ payload }) => elementsAt(payload, steps).includes(null);
}

function hasIdOf(ids: ReadonlySet<PointId>): Predicate {
  return ({ id }) => ids.has(id);
}

function hasVectorOf(name: string): Predicate {
  return ({ slot }, _, hasVector) => slot !== undefined && hasVector?.(slot, name) === true;
}

const conditions = z.union([z.array(conditionSchema), conditionSchema.transform((condition) => [condition])]).nullish();
const clauses = { must: conditions, should: conditions, must_not: conditions };

/** `filter` of a request. One without conditions lets everything through. */
export const filterSchema = z.strictObject(clauses).transform(filterOf);

type Clauses = { readonly [clause in keyof typeof clauses]?: readonly Filter[] | null | undefined };

function filterOf({ must, should, must_not }: Clauses): Filter {
  const [all, some, none] = [must ?? [], should ?? [], must_not ?? []];
  const passes: Predicate = (...subject) =>
    all.every((holds) => holds(...subject)) &&
    (some.length === 0 || some.some((holds) => holds(...subject))) &&
    !none.some((holds) => holds(...subject));
  return asking(passes, ...[...all, ...some, ...none].flatMap(({ asked }) => asked));
}
