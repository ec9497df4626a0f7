// Filters of requests as predicates over a point. Types are strict: 12 isn't "12", and a wrong shape is refused.
// Everything works without a payload index, by looking at every point.

import { notInStandIn, ShapeFault } from "./fault.ts";
import { type Check, parseFieldChecks } from "./field-check.ts";
import { isArray, type Json, JsonObject } from "./json-value.ts";
import { asList, asObject, asString, readUnsigned, required } from "./members.ts";
import { elementsAt, parsePath, valuesAt } from "./payload.ts";
import { type PointId, parsePointId } from "./point-id.ts";

export type Subject = { readonly id: PointId; readonly payload: JsonObject };
export type Predicate = (subject: Subject) => boolean;

const clauses = ["should", "min_should", "must", "must_not"];

/** `filter` of a request; undefined when it filters nothing. Throws ShapeFault. */
export function parseFilter(value: Json | undefined): Predicate | undefined {
  if (value === undefined || value === null) return undefined;
  const object = asObject(value, "struct Filter");
  if (object.size === 0) return undefined;
  const unknown = [...object.keys()].find((name) => !clauses.includes(name));
  if (unknown !== undefined) {
    throw new ShapeFault(
      `unknown field \`${unknown}\`, expected one of ${clauses.map((name) => `\`${name}\``).join(", ")}`,
    );
  }
  const must = parseConditions(object.get("must"));
  const should = parseConditions(object.get("should"));
  const mustNot = parseConditions(object.get("must_not"));
  const minShould = parseMinShould(object.get("min_should"));
  return (subject) =>
    must.every((holds) => holds(subject)) &&
    (should.length === 0 || should.some((holds) => holds(subject))) &&
    !mustNot.some((holds) => holds(subject)) &&
    minShould(subject);
}

/** A list of conditions, or one alone in place of a list. */
function parseConditions(value: Json | undefined): readonly Predicate[] {
  if (value === undefined || value === null) return [];
  return isArray(value) ? value.map(parseCondition) : [parseCondition(value)];
}

function parseMinShould(value: Json | undefined): Predicate {
  if (value === undefined || value === null) return () => true;
  const object = asObject(value, "struct MinShould");
  const conditions = asList(required(object, "conditions")).map(parseCondition);
  const least = readUnsigned(object, "min_count") ?? 0;
  return (subject) => conditions.filter((holds) => holds(subject)).length >= least;
}

function parseCondition(value: Json): Predicate {
  const object = asObject(value, "a condition");
  if (object.has("key")) return parseField(object);
  if (object.has("is_empty")) return parseKeyed(object.get("is_empty"), isEmptyAt);
  if (object.has("is_null")) return parseKeyed(object.get("is_null"), isNullAt);
  if (object.has("has_id")) return parseHasId(object);
  if (object.has("nested")) return parseNested(object);
  if (object.has("has_vector")) throw notInStandIn("has_vector condition");
  return parseFilter(object) ?? (() => true);
}

function parseField(object: JsonObject): Predicate {
  const path = parsePath(asString(object.get("key")));
  const checks = parseFieldChecks(object);
  return ({ payload }) => checks.every((check) => passes(check, payload, path));
}

function passes(check: Check, payload: JsonObject, path: readonly string[]): boolean {
  if (check.on === "elements") return elementsAt(payload, path).some(check.test);
  return valuesAt(payload, path).some(check.test);
}

type KeyTest = (payload: JsonObject, path: readonly string[]) => boolean;

function parseKeyed(value: Json | undefined, test: KeyTest): Predicate {
  const path = parsePath(asString(required(asObject(value, "struct PayloadField"), "key")));
  return ({ payload }) => test(payload, path);
}

function isEmptyAt(payload: JsonObject, path: readonly string[]): boolean {
  return valuesAt(payload, path).every((value) => value === null || (isArray(value) && value.length === 0));
}

function isNullAt(payload: JsonObject, path: readonly string[]): boolean {
  return valuesAt(payload, path).some((value) => value === null);
}

function parseHasId(object: JsonObject): Predicate {
  const ids = new Set(asList(object.get("has_id")).map(parsePointId));
  return ({ id }) => ids.has(id);
}

/** Holds when one element of the list at `key` passes the whole filter by itself. */
function parseNested(object: JsonObject): Predicate {
  const nested = asObject(object.get("nested"), "struct Nested");
  const path = parsePath(asString(required(nested, "key")).replace(/\[\]$/, ""));
  const holds = parseFilter(required(nested, "filter")) ?? (() => true);
  return ({ id, payload }) =>
    elementsAt(payload, path).some((element) => element instanceof JsonObject && holds({ id, payload: element }));
}
