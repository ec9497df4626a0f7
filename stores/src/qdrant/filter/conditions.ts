// A request's filter in Qdrant's words, so that it means the same with and without payload indexes.
import type { PlaceOf } from "#config/filterable.ts";
import type { Bounds, Condition, Filter, FilterValue } from "#ports/filter.ts";
import { rawJson } from "#values/exact-json.ts";
import { splitIntegers } from "./integer-range.ts";

export type QdrantCondition = object;

/** Conditions all of which must hold. */
export function conditionsOf(filter: Filter, placeOf: PlaceOf): QdrantCondition[] {
  return filter.op === "and"
    ? filter.of.flatMap((each) => conditionsOf(each, placeOf))
    : [conditionOf(filter, placeOf)];
}

function conditionOf(filter: Filter, placeOf: PlaceOf): QdrantCondition {
  switch (filter.op) {
    case "and":
      return { must: conditionsOf(filter, placeOf) };
    case "or":
      return anyOf(filter.of.map((each) => conditionOf(each, placeOf)));
    case "not":
      return { must_not: [conditionOf(filter.of, placeOf)] };
    default:
      return checkOf(filter, placeOf(filter.field.name).join("."));
  }
}

function checkOf(condition: Condition, key: string): QdrantCondition {
  const isInteger = condition.field.type === "integer";
  if (condition.op === "exists") return { must_not: [{ is_empty: { key } }] };
  return condition.op === "in" ? isOneOf(condition, key) : isWithin(key, isInteger, condition.bounds);
}

function anyOf(conditions: readonly QdrantCondition[]): QdrantCondition {
  const [only, second] = conditions;
  return only !== undefined && second === undefined ? only : { should: conditions };
}

/** `match` takes texts, booleans and integers, and finds 42.0 for 42 only with an index; a range of one point always does. */
function isOneOf({ field, values }: Extract<Condition, { op: "in" }>, key: string): QdrantCondition {
  const { type } = field;
  if (values.length === 0) return { key, match: { any: [] } };
  if (type === "keyword") return { key, match: values.length === 1 ? { value: values[0] } : { any: values } };
  if (type === "boolean") return anyOf([...new Set(values)].map((value) => ({ key, match: { value } })));
  return anyOf(values.map((value) => isWithin(key, type === "integer", { gte: value, lte: value })));
}

function isWithin(key: string, isInteger: boolean, bounds: Bounds): QdrantCondition {
  if (!isInteger) return { key, range: bounds };
  const { range, listed } = splitIntegers(bounds);
  const isListed = { key, match: { any: listed.map(numberOf) } };
  if (range === null) return isListed;
  return anyOf([{ key, range }, ...(listed.length === 0 ? [] : [isListed])]);
}

function numberOf(value: FilterValue): unknown {
  return rawJson(String(value));
}
