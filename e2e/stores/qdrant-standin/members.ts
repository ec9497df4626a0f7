// Typed members of a request body, with serde's words for what doesn't fit.
// An absent member and `null` are the same, as they are for Qdrant's optional fields.
import { ShapeFault } from "./fault.ts";
import { printDouble } from "./json-print.ts";
import { isArray, isInteger, type Json, JsonObject, toDouble, WholeFloat } from "./json-value.ts";

/** The body as an object; an array or a scalar isn't one. A member given twice is refused. */
export function asObject(value: Json | undefined, expected: string): JsonObject {
  if (!(value instanceof JsonObject)) throw new ShapeFault(`invalid type: ${describe(value)}, expected ${expected}`);
  if (value.duplicate !== undefined) throw new ShapeFault(`duplicate field \`${value.duplicate}\``);
  return value;
}

export function asList(value: Json | undefined, expected = "a sequence"): readonly Json[] {
  if (!isArray(value)) throw new ShapeFault(`invalid type: ${describe(value)}, expected ${expected}`);
  return value;
}

export function asString(value: Json | undefined): string {
  if (typeof value !== "string") throw new ShapeFault(`invalid type: ${describe(value)}, expected a string`);
  return value;
}

/** A member that has to be there. */
export function required(object: JsonObject, name: string): Json {
  const value = object.get(name);
  if (value === undefined) throw new ShapeFault(`missing field \`${name}\``);
  return value;
}

/** An unsigned whole number; undefined when absent. */
export function readUnsigned(object: JsonObject, name: string): number | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  if (!isInteger(value)) throw new ShapeFault(`invalid type: ${describe(value)}, expected usize`);
  if (value < 0) throw new ShapeFault(`invalid value: ${describe(value)}, expected usize`);
  return Number(value);
}

export function readBoolean(object: JsonObject, name: string): boolean | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw new ShapeFault(`invalid type: ${describe(value)}, expected a boolean`);
  return value;
}

export function readString(object: JsonObject, name: string): string | undefined {
  const value = object.get(name);
  return value === undefined || value === null ? undefined : asString(value);
}

export function readDouble(object: JsonObject, name: string): number | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  const number = toDouble(value);
  if (number === undefined) throw new ShapeFault(`invalid type: ${describe(value)}, expected f32`);
  return number;
}

function describe(value: Json | undefined): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string") return `string ${JSON.stringify(value)}`;
  if (typeof value === "boolean") return `boolean \`${value}\``;
  if (isInteger(value)) return `integer \`${value}\``;
  if (typeof value === "number") return `floating point \`${printDouble(value)}\``;
  if (value instanceof WholeFloat) return `floating point \`${printDouble(value.value)}\``;
  return isArray(value) ? "sequence" : "map";
}
