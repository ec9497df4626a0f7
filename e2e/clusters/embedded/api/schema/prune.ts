// Unknown fields and defaults: what a structural schema removes from and adds to an object.
// Pure; both work in place on a private copy.
import { copy, isObject, type JsonObject } from "../model/json.ts";
import { fieldSchema, itemSchema } from "./descend.ts";
import type { Schema } from "./schema.ts";

/** Removes what the schema does not know. */
export function prune(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) prune(itemSchema(schema), item);
  if (!isObject(value) || schema["x-kubernetes-int-or-string"] === true) return;
  for (const name of Object.keys(value)) {
    const child = fieldSchema(schema, name);
    if (child === undefined) delete value[name];
    else prune(child, value[name]);
  }
}

/** Fills in the schema's defaults, outermost first, so that a default may itself be completed. */
export function applyDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) applyDefaults(itemSchema(schema), item);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, child] of Object.entries(schema.properties ?? {})) fill(value, name, child);
  for (const name of Object.keys(value)) {
    const child = fieldSchema(schema, name);
    if (child !== undefined) applyDefaults(child, value[name]);
  }
}

function fill(value: JsonObject, name: string, schema: Schema): void {
  if (schema.default === undefined) return;
  const missing = value[name] === undefined || (value[name] === null && schema.nullable !== true);
  if (missing) value[name] = copy(schema.default);
}
