// Sets of field paths as managed fields keep them (FieldsV1): a tree whose nodes may be members.
// Pure; sets are never changed once built.
import { isObject, type JsonObject } from "../model/json.ts";

export type FieldSet = { readonly member: boolean; readonly children: ReadonlyMap<string, FieldSet> };

export const emptySet: FieldSet = { member: false, children: new Map() };
export const leaf: FieldSet = { member: true, children: new Map() };

/** A set from its children; empty ones are left out. */
export function nodeOf(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmpty(child))) };
}

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

function combine(left: FieldSet, right: FieldSet, keep: (left: boolean, right: boolean) => boolean): FieldSet {
  const names = new Set([...left.children.keys(), ...right.children.keys()]);
  const children = [...names].map((name) => {
    const child = combine(left.children.get(name) ?? emptySet, right.children.get(name) ?? emptySet, keep);
    return [name, child] as const;
  });
  return nodeOf(keep(left.member, right.member), children);
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (a, b) => a || b);
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (a, b) => a && b);
}

export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (a, b) => a && !b);
}

/** The set without some paths and everything beneath them. */
export function cut(set: FieldSet, path: readonly string[]): FieldSet {
  const [first, ...rest] = path;
  const child = first === undefined ? undefined : set.children.get(first);
  if (first === undefined || child === undefined) return set;
  const children = new Map(set.children);
  children.set(first, rest.length === 0 ? emptySet : cut(child, rest));
  return nodeOf(set.member, children);
}

/** The members as readable paths, such as `.spec.replicas` or `.spec.list[name="x"].size`. */
export function readablePaths(set: FieldSet, prefix = ""): string[] {
  const own = set.member && prefix !== "" ? [prefix] : [];
  return [...own, ...[...set.children].flatMap(([element, child]) => readablePaths(child, prefix + readable(element)))];
}

function readable(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as JsonObject);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const made: JsonObject = {};
  if (set.member && set.children.size > 0) made["."] = {};
  for (const [element, child] of [...set.children].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    made[element] = toFieldsV1(child);
  return made;
}

function fromFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) return emptySet;
  const children = Object.entries(fields).filter(([element]) => element !== ".");
  const member = Object.hasOwn(fields, ".") || children.length === 0;
  return { member, children: new Map(children.map(([element, child]) => [element, fromFieldsV1(child)])) };
}

/** The set of a whole object: the root itself is never a member. */
export function rootFromFieldsV1(fields: unknown): FieldSet {
  return { ...fromFieldsV1(fields), member: false };
}
