// OpenAPI validation of an object against a structural schema, with the wording of a real API server.
// Pure. On an update, what did not change is not judged again (ratcheting).
import type { Cause } from "../model/failure.ts";
import { equal, isObject } from "../model/json.ts";
import { childPath, fieldSchema, itemKey, itemSchema, sameItem } from "./descend.ts";
import type { Schema } from "./schema.ts";

export type Checked = {
  readonly schema: Schema;
  readonly value: unknown;
  readonly old: unknown;
  readonly path: string;
};

function faultInvalid(path: string, value: unknown, why: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown(value)}: ${why}`,
    field: path === "" ? "<nil>" : path,
  };
}

/** A value as a real API server shows it in a fault. */
export function shown(value: unknown): string {
  if (isObject(value)) return '"object"';
  if (Array.isArray(value)) return '"array"';
  return JSON.stringify(value) ?? "null";
}

/** Every fault of the value and of what it contains. */
export function validate(node: Checked): Cause[] {
  if (node.old !== undefined && equal(node.old, node.value)) return [];
  const { schema, value, path } = node;
  if (value === null) return schema.nullable === true || schema.type === undefined ? [] : [wrongType(node, "null")];
  const actual = typeOf(value, schema);
  if (actual !== undefined) return [wrongType(node, actual)];
  const own = enumFault(node);
  if (typeof value === "string") return [...own, ...stringFaults(schema, value, path)];
  if (typeof value === "number") return [...own, ...numberFaults(schema, value, path)];
  if (Array.isArray(value)) return [...own, ...arrayFaults(node, value)];
  if (isObject(value)) return [...own, ...objectFaults(node, value)];
  return own;
}

/** The actual type when it is not the one the schema wants. */
function typeOf(value: unknown, schema: Schema): string | undefined {
  const actual = jsonType(value);
  if (schema["x-kubernetes-int-or-string"] === true)
    return actual === "string" || actual === "integer" ? undefined : actual;
  if (schema.type === undefined || schema.type === actual) return undefined;
  return schema.type === "number" && actual === "integer" ? undefined : actual;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return value === null ? "null" : typeof value;
}

function wrongType(node: Checked, actual: string): Cause {
  const wanted = node.schema.type ?? "integer or string";
  const where = node.path === "" ? "<nil>" : node.path;
  const message = `Invalid value: "${actual}": ${where} in body must be of type ${wanted}: "${actual}"`;
  return { reason: "FieldValueTypeInvalid", message, field: where };
}

function enumFault({ schema, value, path }: Checked): Cause[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => equal(allowed, value))) return [];
  const allowed = schema.enum.map((one) => JSON.stringify(one)).join(", ");
  return [
    {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${shown(value)}: supported values: ${allowed}`,
      field: path,
    },
  ];
}

function stringFaults(schema: Schema, value: string, path: string): Cause[] {
  const faults: Cause[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    const message = `Too long: may not be more than ${schema.maxLength} bytes`;
    faults.push({ reason: "FieldValueTooLong", message, field: path });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    faults.push(faultInvalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    faults.push(faultInvalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  return faults;
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return new RegExp(pattern).test(value);
  }
}

function numberFaults(schema: Schema, value: number, path: string): Cause[] {
  const faults: Cause[] = [];
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    const bound = `greater than${exclusiveMinimum === true ? "" : " or equal to"} ${minimum}`;
    faults.push(faultInvalid(path, value, `${path} in body should be ${bound}`));
  }
  if (maximum !== undefined && value > maximum) {
    faults.push(faultInvalid(path, value, `${path} in body should be less than or equal to ${maximum}`));
  }
  return faults;
}

function arrayFaults(node: Checked, value: readonly unknown[]): Cause[] {
  const { schema, old, path } = node;
  const faults: Cause[] = [];
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    const message = `Too many: ${value.length}: must have at most ${schema.maxItems} items`;
    faults.push({ reason: "FieldValueTooMany", message, field: path });
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    faults.push(faultInvalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  }
  for (const [index, item] of value.entries()) {
    const child = {
      schema: itemSchema(schema),
      value: item,
      old: sameItem(schema, old, item),
      path: `${path}[${index}]`,
    };
    faults.push(...duplicate(schema, value, index, path), ...validate(child));
  }
  return faults;
}

function duplicate(schema: Schema, list: readonly unknown[], index: number, path: string): Cause[] {
  const kind = schema["x-kubernetes-list-type"];
  if (kind !== "set" && kind !== "map") return [];
  const identity = kind === "set" ? list[index] : itemKey(schema, list[index]);
  const earlier = list
    .slice(0, index)
    .some((other) => equal(kind === "set" ? other : itemKey(schema, other), identity));
  if (!earlier) return [];
  return [
    {
      reason: "FieldValueDuplicate",
      message: `Duplicate value: ${JSON.stringify(identity)}`,
      field: `${path}[${index}]`,
    },
  ];
}

function objectFaults(node: Checked, value: { readonly [name: string]: unknown }): Cause[] {
  const { schema, path } = node;
  const faults: Cause[] = [];
  for (const name of schema.required ?? []) {
    if (value[name] === undefined)
      faults.push({ reason: "FieldValueRequired", message: "Required value", field: childPath(path, name) });
  }
  for (const [name, child] of Object.entries(value)) {
    const childSchema = fieldSchema(schema, name);
    const old = isObject(node.old) ? node.old[name] : undefined;
    if (childSchema !== undefined)
      faults.push(...validate({ schema: childSchema, value: child, old, path: childPath(path, name) }));
  }
  return faults;
}
