// `filter` of a request: what it may say, and where it is wrong. Bounded in depth and size, one pass.
import { type Field, type Filterable, fieldOf } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import {
  type Bounds,
  type Condition,
  type Filter,
  type FilterValue,
  maxFilterDepth,
  maxFilterParts,
} from "#ports/filter.ts";
import { expectedOf, readValue } from "./read-value.ts";

type Place = {
  readonly filterable: Filterable;
  readonly path: string;
  readonly depth: number;
  /** What may still be read. */
  readonly budget: { left: number };
};
type Members = Readonly<Record<string, unknown>>;

/** Throws RETR_REQUEST_INVALID with the path of the first fault. Numbers come as `exact-json.ts` parses them. */
export function parseFilter(input: unknown, filterable: Filterable): Filter {
  return readFilter(input, { filterable, path: "filter", depth: 0, budget: { left: maxFilterParts } });
}

/** `filters`, the flat map, where fields are declared: all of them have to be equal. */
export function parseFlatFilters(filters: Members, filterable: Filterable): Filter {
  const of = Object.entries(filters).map(([name, value]): Condition => {
    const path = `filters.${name.slice(0, 128)}`;
    const field = declaredOf(filterable, name, path);
    return { op: "in", field, values: [valueAt(field, value, path)] };
  });
  return { op: "and", of };
}

const conditions: Readonly<Record<string, (body: Members, place: Place) => Condition>> = {
  eq: (body, place) => {
    const field = readField(body, ["value"], place);
    return { op: "in", field, values: [readMember(body, "value", field, place)] };
  },
  in: (body, place) => {
    const field = readField(body, ["values"], place);
    return { op: "in", field, values: readList(body["values"], field, at(place, ".values")) };
  },
  range: readRange,
  exists: (body, place) => ({ op: "exists", field: readField(body, [], place) }),
  contains: (body, place) => {
    const field = readField(body, ["value"], place);
    if (!field.isList) throw refuse(`${place.path}.field`, "expected a field that is declared as a list");
    return { op: "in", field, values: [readMember(body, "value", field, place)] };
  },
};
const expectedOperator = "expected one of and, or, not, eq, in, range, exists, contains";

function readFilter(input: unknown, place: Place): Filter {
  spend(place);
  if (place.depth > maxFilterDepth) throw refuse(place.path, `expected at most ${maxFilterDepth} levels`);
  const entries = Object.entries(objectAt(input, place.path, `an object, ${expectedOperator}`));
  const [[operator, body] = ["", undefined], further] = entries;
  if (further !== undefined) throw refuse(place.path, `${expectedOperator}, got ${entries.length} members`);
  const inner = at(place, `.${operator}`);
  if (operator === "and" || operator === "or") return { op: operator, of: readFilters(body, inner) };
  if (operator === "not") return { op: "not", of: readFilter(body, { ...inner, depth: place.depth + 1 }) };
  const read = Object.hasOwn(conditions, operator) ? conditions[operator] : undefined;
  if (read === undefined) throw refuse(place.path, expectedOperator);
  return read(objectAt(body, inner.path, "an object with the member field"), inner);
}

function readFilters(input: unknown, place: Place): Filter[] {
  if (!Array.isArray(input) || input.length === 0) throw refuse(place.path, "expected a list of at least one filter");
  return input.map((each, index) => readFilter(each, { ...at(place, `[${index}]`), depth: place.depth + 1 }));
}

function readRange(body: Members, place: Place): Condition {
  const names = ["gt", "gte", "lt", "lte"] as const;
  const field = readField(body, names, place);
  if (field.type === "keyword" || field.type === "boolean") {
    throw refuse(`${place.path}.field`, "expected a field of integers, floats or moments");
  }
  const given = names.filter((name) => Object.hasOwn(body, name));
  if (given.length === 0) throw refuse(place.path, "expected one of gt, gte, lt, lte");
  if (given.includes("gt") && given.includes("gte")) throw refuse(place.path, "expected gt or gte, not both");
  if (given.includes("lt") && given.includes("lte")) throw refuse(place.path, "expected lt or lte, not both");
  const bounds: Bounds = Object.fromEntries(given.map((name) => [name, readMember(body, name, field, place)]));
  return { op: "range", field, bounds };
}

/** The field that a condition names. Throws for members that the condition doesn't have. */
function readField(body: Members, others: readonly string[], { path, filterable }: Place): Field {
  const stray = Object.keys(body).some((key) => key !== "field" && !others.includes(key));
  if (stray) throw refuse(path, `expected only the members ${["field", ...others].join(", ")}`);
  const { field } = body;
  if (typeof field !== "string") throw refuse(`${path}.field`, "expected the name of a field");
  return declaredOf(filterable, field, `${path}.field`);
}

function declaredOf(filterable: Filterable, name: string, path: string): Field {
  const field = fieldOf(filterable, name);
  if (field !== undefined) return field;
  const names = Object.keys(filterable).join(", ").slice(0, 500);
  throw refuse(path, `expected one of the fields that the base declares as filterable (${names || "none"})`);
}

function readMember(body: Members, name: string, field: Field, place: Place): FilterValue {
  spend(place);
  return valueAt(field, body[name], `${place.path}.${name}`);
}

function readList(input: unknown, field: Field, place: Place): FilterValue[] {
  if (!Array.isArray(input)) throw refuse(place.path, "expected a list of values");
  return input.map((value: unknown, index) => {
    spend(place);
    return valueAt(field, value, `${place.path}[${index}]`);
  });
}

function valueAt({ type }: Field, value: unknown, path: string): FilterValue {
  const read = readValue(type, value);
  if (read === undefined) throw refuse(path, `expected ${expectedOf(type)}`);
  return read;
}

function objectAt(input: unknown, path: string, expected: string): Members {
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as Members;
  throw refuse(path, `expected ${expected}`);
}

function at(place: Place, step: string): Place {
  return { ...place, path: `${place.path}${step}` };
}

function spend({ budget, path }: Place): void {
  budget.left -= 1;
  if (budget.left < 0) throw refuse(path, `expected at most ${maxFilterParts} operators and values`);
}

function refuse(path: string, message: string): RetrieverError {
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message: `${path}: ${message}`, path });
}
