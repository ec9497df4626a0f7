// Conditions that hold of one value of a payload and of as few others as Qdrant's filters can tell from it. Pure.
import { numberText } from "#values/same-value.ts";
import { exactTime } from "#values/time.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";
import { isText, isUuidText } from "../filter/conditions.ts";

/** A condition to be met, or one not to be met. */
export type Pin = {
  readonly must?: object;
  readonly mustNot?: object;
  /** 0: speaks of the value itself; 1: tells it from null or from a list of it alone; more: of elements of a list. */
  readonly depth: number;
};

/** A path as filters take it, by its keys; null where one holds a quote or a backslash, which they know no way to spell. */
export function pathOf(keys: readonly string[]): string | null {
  if (keys.some((key) => /["\\]/.test(key))) return null;
  return keyOf(keys);
}

type Place = Pick<CollectionInfo, "indexes" | "limits">;

/** What an object's member is called; a list's element where it is a number. */
type Step = string | number;

function spell(steps: readonly Step[]): string | null {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else {
      const key = pathOf([step]);
      if (key === null) return null;
      path += path === "" ? key : `.${key}`;
    }
  }
  return path;
}

/** Of the value at a path; undefined: there is none. Nothing where strict mode wants an index that isn't there. */
export function pinsOf(steps: readonly Step[], value: unknown, place: Place, depth = 0): Pin[] {
  const path = spell(steps);
  if (path === null) return [];
  if (Array.isArray(value)) return listPins({ steps, path, depth }, value, place);
  if (typeof value === "object" && value !== null && numberText(value) === null) {
    return objectPins({ steps, path, depth }, value, place);
  }
  return scalarPins(path, value, place).map((pin) => ({ ...pin, depth: pin.depth + depth }));
}

function scalarPins(path: string, value: unknown, { indexes, limits }: Place): Pin[] {
  const present = indexes.get(path);
  if (!limits.updatesUnindexed && present === undefined) return [];
  if (value === undefined) return emptyPins(path, 0);
  if (value === null)
    return [
      { must: { is_null: { key: path } }, depth: 0 },
      { must: isEmpty(path), depth: 1 },
    ];
  const index = limits.updatesUnindexed ? undefined : present;
  const own = plainPins(path, value, { index, present }).map((pin) => ({ ...pin, depth: 0 }));
  // A list of this value alone meets the same conditions.
  return own.length === 0 || index !== undefined ? own : [...own, { must: isEmpty(`${path}[]`), depth: 1 }];
}

type At = { readonly steps: readonly Step[]; readonly path: string; readonly depth: number };

function listPins({ steps, path, depth }: At, list: readonly unknown[], place: Place): Pin[] {
  const index = place.indexes.get(path);
  if (list.length === 0) return place.limits.updatesUnindexed || index !== undefined ? emptyPins(path, depth) : [];
  if (!place.limits.updatesUnindexed) {
    // An index finds a list by each of its elements.
    const serving = { index: index ?? "none", present: index };
    const found = list.flatMap((value) => plainPins(path, value, serving));
    return found.map((pin) => ({ ...pin, depth }));
  }
  const count = { key: path, values_count: { gte: list.length, lte: list.length } };
  const elements = list.flatMap((value, at) => pinsOf([...steps, at], value, place, depth + 2));
  return [{ must: count, depth }, ...elements];
}

function objectPins({ steps, path, depth }: At, value: object, place: Place): Pin[] {
  const members = Object.entries(value);
  if (members.length > 0) return members.flatMap(([key, member]) => pinsOf([...steps, key], member, place, depth));
  return place.limits.updatesUnindexed ? [{ mustNot: isEmpty(path), depth }] : [];
}

/** No condition tells absent from an empty list. */
function emptyPins(path: string, depth: number): Pin[] {
  return [
    { must: isEmpty(path), depth },
    { mustNot: { is_null: { key: path } }, depth: depth + 1 },
  ];
}

function isEmpty(key: string): object {
  return { is_empty: { key } };
}

/** Qdrant reads a decimal to within a few of a double's last steps, and another one each time. */
export const parseError = 1e-15;

/** `index`: the only one that may serve, or undefined: none is needed; `present`: the one that there is. */
type Serving = { readonly index: string | undefined; readonly present: string | undefined };

function plainPins(key: string, value: unknown, { index, present }: Serving): Omit<Pin, "depth">[] {
  const allows = (...types: readonly string[]): boolean => index === undefined || types.includes(index);
  if (typeof value === "string") return textPins(key, value, index);
  if (typeof value === "boolean") return allows("bool") ? [{ must: { key, match: { value } } }] : [];
  const digits = numberText(value);
  if (digits === null) return [];
  if (isInteger(digits)) return allows("integer") ? [{ must: { key, match: { value } } }] : [];
  // An index of another type knows nothing of fractions, and answers for all of them.
  if (!allows("float") || (present !== undefined && !["float", "keyword"].includes(present))) return [];
  const double = Number(digits);
  const slack = Math.abs(double) * parseError;
  const within = { must: { key, range: { gte: finite(double - slack), lte: finite(double + slack) } } };
  const isTold = index === undefined && Number.isSafeInteger(double);
  return isTold ? [within, { mustNot: { key, match: { value: double } } }] : [within];
}

function finite(value: number): number {
  return Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
}

function textPins(key: string, value: string, index: string | undefined): Omit<Pin, "depth">[] {
  const isMatched = index === undefined || index === "keyword" || (index === "uuid" && isUuidText(value));
  if (isMatched) return [{ must: isText(key, value) }];
  const moment = index === "datetime" ? exactTime(value) : null;
  return moment === null ? [] : [{ must: { key, range: { gte: moment, lte: moment } } }];
}

/** Those that `match` takes. */
function isInteger(digits: string): boolean {
  return /^-?\d{1,19}$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}
