// Whether a CRD's schema is structural: what a real API server refuses when the definition is created.
// Pure; covers the parts that a generated manifest can get wrong, and refuses what this API does not evaluate.
import type { Cause } from "../model/failure.ts";
import { isObject, type JsonObject } from "../model/json.ts";

/** What this API evaluates, and what only describes. Anything else would be believed to hold and be checked by nobody. */
const knownKeys = new Set(
  (
    "type title description nullable properties additionalProperties items required default enum pattern minimum maximum " +
    "exclusiveMinimum minLength maxLength minItems maxItems x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields " +
    "x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations"
  ).split(" "),
);

/** Every reason why this schema is not structural. */
export function structuralFaults(schema: unknown, path: string): Cause[] {
  if (!isObject(schema)) return [problem(path, "must be an object")];
  return [...keyFaults(schema, path), ...shapeFaults(schema, path), ...childFaults(schema, path)];
}

function problem(field: string, message: string): Cause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${message}`, field };
}

function keyFaults(schema: JsonObject, path: string): Cause[] {
  return Object.keys(schema)
    .filter((key) => !knownKeys.has(key))
    .map((key) => problem(`${path}.${key}`, `${key} is not structural or not supported by the embedded API`));
}

function missing(field: string, message: string): Cause {
  return { reason: "FieldValueRequired", message: `Required value: ${message}`, field };
}

function shapeFaults(schema: JsonObject, path: string): Cause[] {
  const { type, properties, additionalProperties, items, exclusiveMinimum } = schema;
  const open = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const rows: readonly (readonly [boolean, Cause])[] = [
    [type === undefined && !open, missing(`${path}.type`, "must not be empty for specified object fields")],
    [type === "array" && !isObject(items), missing(`${path}.items`, "must be specified")],
    [
      properties !== undefined && additionalProperties !== undefined,
      problem(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    ],
    [additionalProperties === false, problem(`${path}.additionalProperties`, "additionalProperties cannot be false")],
    [
      !["undefined", "boolean"].includes(typeof exclusiveMinimum),
      problem(`${path}.exclusiveMinimum`, "must be a boolean"),
    ],
  ];
  return rows.filter(([broken]) => broken).map(([, cause]) => cause);
}

function childFaults(schema: JsonObject, path: string): Cause[] {
  const faults: Cause[] = [];
  for (const [name, child] of Object.entries(isObject(schema["properties"]) ? schema["properties"] : {})) {
    // A resource's metadata is the server's own; only its name may be restricted.
    if (path.endsWith("openAPIV3Schema") && name === "metadata") continue;
    faults.push(...structuralFaults(child, `${path}.properties[${name}]`));
  }
  if (isObject(schema["items"])) faults.push(...structuralFaults(schema["items"], `${path}.items`));
  if (isObject(schema["additionalProperties"]))
    faults.push(...structuralFaults(schema["additionalProperties"], `${path}.additionalProperties`));
  return faults;
}
