// Walking down a structural schema: which schema governs a field or an item, and how list items are told apart.
// Pure.
import { equal, isObject } from "../model/json.ts";
import type { Schema } from "./schema.ts";

/** The schema of one field, or undefined when the field is not declared. */
export function fieldSchema(schema: Schema, name: string): Schema | undefined {
  const declared = schema.properties?.[name];
  if (declared !== undefined) return declared;
  if (isObject(schema.additionalProperties)) return schema.additionalProperties;
  if (schema.additionalProperties === true) return {};
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true || Object.keys(schema).length === 0;
  return isOpen ? {} : undefined;
}

/** True where a field is named by the schema itself, not a key of a free map. */
export function isDeclared(schema: Schema, name: string): boolean {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, name);
}

export function itemSchema(schema: Schema): Schema {
  return schema.items ?? {};
}

/** The key fields of an item of a map list, with the schema's defaults for absent ones. */
export function itemKey(schema: Schema, item: unknown): { [name: string]: unknown } | undefined {
  if (schema["x-kubernetes-list-type"] !== "map" || !isObject(item)) return undefined;
  const key: { [name: string]: unknown } = {};
  for (const name of [...(schema["x-kubernetes-list-map-keys"] ?? [])].toSorted()) {
    const value = item[name] ?? fieldSchema(itemSchema(schema), name)?.default;
    if (value !== undefined) key[name] = value;
  }
  return key;
}

/** The item of `list` with the same identity as `item`; undefined in an atomic list. */
export function sameItem(schema: Schema, list: unknown, item: unknown): unknown {
  if (!Array.isArray(list)) return undefined;
  if (schema["x-kubernetes-list-type"] === "set") return list.find((other) => equal(other, item));
  const key = itemKey(schema, item);
  return key === undefined ? undefined : list.find((other) => equal(itemKey(schema, other), key));
}

export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
