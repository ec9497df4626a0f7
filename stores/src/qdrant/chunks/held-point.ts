// A point as it was read: its version, and the conditions that hold only as long as nobody writes it.
import { hash } from "node:crypto";
import { valueAt } from "#values/member-path.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf, keysOf, stepsOfKey } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import type { StoredPoint } from "./point-answers.ts";
import { type Pin, pinsOf } from "./value-pins.ts";

/** Digest of its payload and all its vectors, whatever order its keys come in. */
export function versionOf({ payload, vectors }: StoredPoint): string {
  return hash("sha256", JSON.stringify([ordered(payload), ordered(vectors)])).slice(0, 32);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, ordered(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

type Guard = {
  /** As a request takes it. */
  readonly filter: { readonly must: readonly object[]; readonly must_not: readonly object[] };
  /** Whether a write of the point would be noticed: its moment is among the conditions, or for want of one a value. */
  readonly isSafe: boolean;
};

export type Guarded = { readonly spec: Pick<QdrantSpec, "fields">; readonly info: CollectionInfo };
export type Keys = readonly (readonly string[])[];

/** Most conditions of one request where strict mode sets no limit: a filter has to stay small beside its point. */
const mostConditions = 500;

/**
 * Conditions that the point meets as it was read: every value of its payload, and that it has none of the `keys` (paths
 * by their steps) that it lacks. No condition speaks of a vector, of keys that nobody expects, of a member that an object
 * gets, or of a key that holds a quote or a backslash: so a point is read once more before it is written, and what is
 * written leaves every other key in place.
 */
export function guardOf({ id, payload }: StoredPoint, { spec, info }: Guarded, keys: Keys = []): Guard {
  const path = spec.fields.updatedAt;
  const moment = path === null ? [] : pinsOf(path, valueAt(payload, path), info);
  const isMoment = (steps: readonly string[]): boolean => path !== null && keyOf(path) === keyOf(steps);
  const held = Object.entries(payload)
    .filter(([key]) => !isMoment([key]))
    .flatMap(([key, value]) => pinsOf([key], value, info));
  const absent = keys
    .filter((steps) => !isMoment(steps) && isAbsent(payload, steps))
    .flatMap((steps) => pinsOf(steps, undefined, info));
  // What says most comes first: strict mode may have no room for the rest.
  const rest = [...held, ...absent].toSorted((a, b) => a.depth - b.depth);
  const all: readonly Pin[] = [{ must: { has_id: [id] }, depth: 0 }, ...moment, ...rest];
  const kept = all.slice(0, Math.min(mostConditions, info.limits.conditions));
  return {
    filter: { must: kept.flatMap(({ must }) => must ?? []), must_not: kept.flatMap(({ mustNot }) => mustNot ?? []) },
    isSafe: (path === null ? held : moment).length > 0 && info.limits.conditions >= 2,
  };
}

function isAbsent(payload: unknown, steps: readonly string[]): boolean {
  let value = payload;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return true;
    value = (value as Record<string, unknown>)[step];
  }
  return value === undefined;
}

/** As paths: the names that points have, the configuration's keys, and those with an index. */
export function expectedKeys(names: readonly string[], info: CollectionInfo, configured: readonly string[]): Keys {
  const paths = [...configured, ...[...info.indexes.keys()].filter((key) => /^[\w.-]+$/.test(key))];
  const keys = [...paths.map(stepsOfKey), ...names.map((name) => [name])];
  return [...new Map(keys.map((steps) => [JSON.stringify(steps), steps])).values()];
}

/** Why a point can't be written where its guard isn't safe. */
export function unguarded({ spec: { fields }, info }: Guarded): string {
  const [key] = keysOf([fields.updatedAt]);
  const held = info.indexes.get(key ?? "");
  if (held !== undefined)
    return `no condition on ${key} tells what the point holds there, by its index of type ${held}: correct the value, or create an index of another type`;
  return key === undefined
    ? "the collection's fields name no updatedAt, and a write can depend on none of its other keys: name updatedAt"
    : `strict mode of the collection refuses a write that depends on ${key} without an index: create one of type datetime`;
}
