// A request's filter in Qdrant's words, so that it means the same with and without payload indexes.
import type { PlaceOf } from "#config/filterable.ts";
import type { Bounds, Condition, Filter, FilterValue } from "#ports/filter.ts";
import { rawJson } from "#values/exact-json.ts";
import { keyOf } from "../client/payload-key.ts";
import { splitIntegers } from "./integer-range.ts";

export type QdrantCondition = object;

/** Where fields are, and which keys have an index of UUIDs, which finds a text of any case and none that is no UUID. */
type Places = { readonly placeOf: PlaceOf; readonly isUuid: (key: string) => boolean };

/** Conditions all of which must hold. */
export function conditionsOf(filter: Filter, places: Places): QdrantCondition[] {
  return filter.op === "and" ? filter.of.flatMap((each) => conditionsOf(each, places)) : [conditionOf(filter, places)];
}

function conditionOf(filter: Filter, places: Places): QdrantCondition {
  switch (filter.op) {
    case "and":
      return { must: conditionsOf(filter, places) };
    case "or":
      return anyOf(filter.of.map((each) => conditionOf(each, places)));
    case "not":
      return { must_not: [conditionOf(filter.of, places)] };
    default:
      return checkOf(filter, places);
  }
}

function checkOf(condition: Condition, { placeOf, isUuid }: Places): QdrantCondition {
  const key = keyOf(placeOf(condition.field.name));
  const isInteger = condition.field.type === "integer";
  if (condition.op === "exists") return { must_not: [{ is_empty: { key } }] };
  if (condition.op === "in" && condition.field.type === "keyword" && isUuid(key)) {
    return isOneOf({ ...condition, values: condition.values.filter(isUuidText) }, key);
  }
  return condition.op === "in" ? isOneOf(condition, key) : isWithin(key, isInteger, condition.bounds);
}

/** In whatever spelling; strict mode refuses to look for any other text by an index of UUIDs, and there is none. */
export function isUuidText(value: unknown): boolean {
  return typeof value === "string" && /^(urn:uuid:|\{)?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value);
}

/** A match of one UUID is answered by an index of numbers or moments, if there is one, which holds no text; one of a list isn't. */
export function isText(key: string, value: unknown): QdrantCondition {
  return { key, match: isUuidText(value) ? { any: [value] } : { value } };
}

/** Names no key: an empty list of values would be one of texts, for which strict mode wants an index whatever the field is. */
export const passesNone: QdrantCondition = { has_id: [] };

function anyOf(conditions: readonly QdrantCondition[]): QdrantCondition {
  const [only, second] = conditions;
  return only !== undefined && second === undefined ? only : { should: conditions };
}

/** `match` takes texts, booleans and integers, and finds 42.0 for 42 only with an index; a range of one point always does. */
function isOneOf({ field, values }: Extract<Condition, { op: "in" }>, key: string): QdrantCondition {
  const { type } = field;
  if (values.length === 0) return passesNone;
  if (type === "keyword") return values.length === 1 ? isText(key, values[0]) : { key, match: { any: values } };
  if (type === "boolean") return anyOf([...new Set(values)].map((value) => ({ key, match: { value } })));
  return anyOf(values.map((value) => isWithin(key, type === "integer", { gte: value, lte: value })));
}

function isWithin(key: string, isInteger: boolean, bounds: Bounds): QdrantCondition {
  if (!isInteger) return { key, range: bounds };
  const { range, listed } = splitIntegers(bounds);
  const isListed = { key, match: { any: listed.map(numberOf) } };
  if (range === null) return listed.length === 0 ? passesNone : isListed;
  return anyOf([{ key, range }, ...(listed.length === 0 ? [] : [isListed])]);
}

function numberOf(value: FilterValue): unknown {
  return rawJson(String(value));
}
