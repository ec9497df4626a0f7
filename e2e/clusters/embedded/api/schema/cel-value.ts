// JSON values as CEL sees them: integers as int, numbers as double, field names escaped.
// Pure.
import { isObject } from "../model/json.ts";
import { fieldSchema, isDeclared, itemSchema } from "./descend.ts";
import type { Schema } from "./schema.ts";

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** The CEL value of a JSON value under its schema. */
export function toCel(schema: Schema, value: unknown): unknown {
  if (typeof value === "number") return numeric(schema, value);
  if (Array.isArray(value)) return value.map((item) => toCel(itemSchema(schema), item));
  if (!isObject(value)) return value;
  const made: { [name: string]: unknown } = {};
  for (const [name, child] of Object.entries(value)) {
    const childSchema = fieldSchema(schema, name);
    if (childSchema !== undefined) made[isDeclared(schema, name) ? escapeName(name) : name] = toCel(childSchema, child);
  }
  return made;
}

function numeric(schema: Schema, value: number): unknown {
  if (schema.type === "number") return value;
  return Number.isInteger(value) ? BigInt(value) : value;
}

/** A field's name as rules write it. */
function escapeName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}
