// Objects as sets of fields: which fields an object has, how two differ, merging an applied configuration, removing fields.
// Pure; follows the rules of server-side apply (granular maps, keyed lists, sets, atomic rest).
import { copy, equal, isObject, type JsonObject } from "../model/json.ts";
import { fieldSchema, isDeclared, itemKey, itemSchema } from "../schema/descend.ts";
import type { Schema } from "../schema/schema.ts";
import { emptySet, type FieldSet, isEmpty, leaf, nodeOf, union } from "./field-set.ts";

type Part = { readonly element: string; readonly schema: Schema; readonly value: unknown; readonly named: boolean };

/** The parts of a granular value by path element; undefined for a scalar or an atomic value. */
function partsOf(schema: Schema, value: unknown): readonly Part[] | undefined {
  if (Array.isArray(value)) return listParts(schema, value);
  if (!isObject(value) || schema["x-kubernetes-map-type"] === "atomic") return undefined;
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => ({
      element: `f:${name}`,
      schema: fieldSchema(schema, name) ?? {},
      value: child,
      named: isDeclared(schema, name),
    }));
}

function listParts(schema: Schema, items: readonly unknown[]): readonly Part[] | undefined {
  if (schema["x-kubernetes-list-type"] === "set") {
    return items.map((value) => ({
      element: `v:${JSON.stringify(value)}`,
      schema: itemSchema(schema),
      value,
      named: false,
    }));
  }
  if (schema["x-kubernetes-list-type"] !== "map") return undefined;
  return items.map((value) => ({
    element: `k:${JSON.stringify(itemKey(schema, value))}`,
    schema: itemSchema(schema),
    value,
    named: false,
  }));
}

/** The fields that a configuration states. */
export function fieldSetOf(schema: Schema, value: unknown): FieldSet {
  const parts = partsOf(schema, value);
  if (parts === undefined) return leaf;
  const isList = Array.isArray(value);
  const children = parts.map((part) => {
    const child = fieldSetOf(part.schema, part.value);
    const empty = isObject(part.value) && Object.keys(part.value).length === 0;
    const member = child.member || isList || empty || part.value === null || !part.named;
    return [part.element, { ...child, member }] as const;
  });
  return nodeOf(false, children);
}

type Comparison = { readonly added: FieldSet; readonly modified: FieldSet; readonly removed: FieldSet };

/** What changed from one object to the next, containers included. */
export function compare(schema: Schema, before: unknown, after: unknown): Comparison {
  if (before === undefined) return { added: wholeOf(schema, after), modified: emptySet, removed: emptySet };
  if (after === undefined) return { added: emptySet, modified: emptySet, removed: wholeOf(schema, before) };
  const left = partsOf(schema, before);
  const right = partsOf(schema, after);
  if (left === undefined || right === undefined) {
    return { added: emptySet, modified: equal(before, after) ? emptySet : leaf, removed: emptySet };
  }
  const old = new Map(left.map((part) => [part.element, part]));
  const next = new Map(right.map((part) => [part.element, part]));
  const rows = [...new Set([...old.keys(), ...next.keys()])].map((element) => {
    const part = next.get(element) ?? old.get(element);
    return [element, compare(part?.schema ?? {}, old.get(element)?.value, next.get(element)?.value)] as const;
  });
  const pick = (which: keyof Comparison) =>
    nodeOf(
      false,
      rows.map(([element, row]) => [element, row[which]] as const),
    );
  return { added: pick("added"), modified: pick("modified"), removed: pick("removed") };
}

/** Every field of a value that came or went as a whole, the value itself included. */
function wholeOf(schema: Schema, value: unknown): FieldSet {
  const parts = partsOf(schema, value) ?? [];
  return { member: true, children: new Map(parts.map((part) => [part.element, wholeOf(part.schema, part.value)])) };
}

/** The live value with an applied configuration laid over it. */
export function mergeApplied(schema: Schema, live: unknown, applied: unknown): unknown {
  const right = partsOf(schema, applied);
  const left = live === undefined || live === null ? undefined : partsOf(schema, live);
  if (right === undefined || left === undefined || Array.isArray(live) !== Array.isArray(applied)) return copy(applied);
  if (Array.isArray(live)) return mergeLists(left, right);
  const made = copy(live) as JsonObject;
  for (const part of right) {
    const name = part.element.slice(2);
    made[name] = mergeApplied(part.schema, made[name], part.value);
  }
  return made;
}

function mergeLists(left: readonly Part[], right: readonly Part[]): unknown[] {
  const applied = new Map(right.map((part) => [part.element, part]));
  const known = new Set(left.map((part) => part.element));
  const kept = left.map((part) => {
    const over = applied.get(part.element);
    return over === undefined ? copy(part.value) : mergeApplied(part.schema, part.value, over.value);
  });
  return [...kept, ...right.filter((part) => !known.has(part.element)).map((part) => copy(part.value))];
}

/** The value without the fields of `dropped` that nobody in `owned` holds. Undefined when nothing is left of it. */
export function removeFields(schema: Schema, value: unknown, dropped: FieldSet, owned: FieldSet): unknown {
  if (isEmpty(dropped)) return value;
  if (isEmpty(owned)) return undefined;
  const parts = partsOf(schema, value);
  if (parts === undefined) return value;
  const kept = parts.map((part) => {
    const drop = dropped.children.get(part.element) ?? emptySet;
    return [
      part.element,
      removeFields(part.schema, part.value, drop, owned.children.get(part.element) ?? emptySet),
    ] as const;
  });
  const left = kept.filter(([, child]) => child !== undefined);
  if (Array.isArray(value)) return left.map(([, child]) => child);
  return Object.fromEntries(left.map(([element, child]) => [element.slice(2), child]));
}

export function unionOf(sets: Iterable<FieldSet>): FieldSet {
  let all = emptySet;
  for (const set of sets) all = union(all, set);
  return all;
}
