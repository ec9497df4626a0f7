// A request's filter in Qdrant's words, so that it means the same with and without payload indexes.
import type { Bounds, Condition, Filter, FilterValue } from "#ports/filter.ts";
import { rawJson } from "#values/exact-json.ts";
import { splitIntegers } from "./integer-range.ts";

export type QdrantCondition = object;

/** Conditions all of which must hold. */
export function conditionsOf(filter: Filter): QdrantCondition[] {
  return filter.op === "and" ? filter.of.flatMap(conditionsOf) : [conditionOf(filter)];
}

function conditionOf(filter: Filter): QdrantCondition {
  switch (filter.op) {
    case "and":
      return { must: conditionsOf(filter) };
    case "or":
      return anyOf(filter.of.map(conditionOf));
    case "not":
      return { must_not: [conditionOf(filter.of)] };
    case "in":
      return isOneOf(filter);
    case "range":
      return isWithin(filter.field.name, filter.field.type === "integer", filter.bounds);
    case "exists":
      return { must_not: [{ is_empty: { key: filter.field.name } }] };
  }
}

function anyOf(conditions: readonly QdrantCondition[]): QdrantCondition {
  const [only, second] = conditions;
  return only !== undefined && second === undefined ? only : { should: conditions };
}

/** `match` takes texts, booleans and integers, and finds 42.0 for 42 only with an index; a range of one point always does. */
function isOneOf({ field: { name: key, type }, values }: Extract<Condition, { op: "in" }>): QdrantCondition {
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
