// Whether a CRD's schema is structural: what a real API server refuses when the definition is created.
// Pure; covers the parts that a generated manifest can get wrong.
import type { Cause } from "../model/failure.ts";
import { isObject, type JsonObject } from "../model/json.ts";

const forbiddenKeys = [
  "$ref",
  "$schema",
  "$id",
  "definitions",
  "dependencies",
  "patternProperties",
  "deprecated",
  "id",
  "const",
  "if",
  "then",
  "else",
];
const knownKeys = new Set(
  (
    "type format title description nullable properties additionalProperties items required default enum pattern minimum maximum " +
    "exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems uniqueItems minProperties maxProperties " +
    "allOf anyOf oneOf not example externalDocs x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields x-kubernetes-embedded-resource " +
    "x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations"
  ).split(" "),
);

/** Every reason why this schema is not structural. */
export function structuralFaults(schema: unknown, path: string): Cause[] {
  if (!isObject(schema)) return [problem(path, "must be an object")];
  return [
    ...keyFaults(schema, path),
    ...shapeFaults(schema, path),
    ...childFaults(schema, path),
    ...junctorFaults(schema, path),
  ];
}

function problem(field: string, message: string): Cause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${message}`, field };
}

function keyFaults(schema: JsonObject, path: string): Cause[] {
  return Object.keys(schema)
    .filter((key) => forbiddenKeys.includes(key) || !knownKeys.has(key))
    .map((key) => problem(`${path}.${key}`, `${key} is not supported in a structural schema`));
}

function missing(field: string, message: string): Cause {
  return { reason: "FieldValueRequired", message: `Required value: ${message}`, field };
}

function shapeFaults(schema: JsonObject, path: string): Cause[] {
  const { type, properties, additionalProperties, uniqueItems, items } = schema;
  const open = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const bounds = ["exclusiveMinimum", "exclusiveMaximum"].filter(
    (name) => !["undefined", "boolean"].includes(typeof schema[name]),
  );
  const rows: readonly (readonly [boolean, Cause])[] = [
    [type === undefined && !open, missing(`${path}.type`, "must not be empty for specified object fields")],
    [type === "array" && !isObject(items), missing(`${path}.items`, "must be specified")],
    [
      properties !== undefined && additionalProperties !== undefined,
      problem(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    ],
    [additionalProperties === false, problem(`${path}.additionalProperties`, "additionalProperties cannot be false")],
    [
      uniqueItems === true,
      problem(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    ],
  ];
  const faults = rows.filter(([broken]) => broken).map(([, cause]) => cause);
  return [...faults, ...bounds.map((name) => problem(`${path}.${name}`, "must be a boolean"))];
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

const onlyStructural = [
  "type",
  "description",
  "default",
  "nullable",
  "additionalProperties",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
];

function junctorFaults(schema: JsonObject, path: string): Cause[] {
  const faults: Cause[] = [];
  for (const junctor of ["allOf", "anyOf", "oneOf"]) {
    for (const [index, branch] of (Array.isArray(schema[junctor]) ? schema[junctor] : []).entries()) {
      faults.push(...branchFaults(branch, schema, `${path}.${junctor}[${index}]`));
    }
  }
  if (isObject(schema["not"])) faults.push(...branchFaults(schema["not"], schema, `${path}.not`));
  return faults;
}

function branchFaults(branch: unknown, whole: JsonObject, path: string): Cause[] {
  if (!isObject(branch)) return [problem(path, "must be an object")];
  const faults = onlyStructural
    .filter((key) => branch[key] !== undefined && !(key === "type" && whole["x-kubernetes-int-or-string"] === true))
    .map((key) => problem(`${path}.${key}`, "must be empty to be structural"));
  const declared = isObject(whole["properties"]) ? whole["properties"] : {};
  for (const [name, child] of Object.entries(isObject(branch["properties"]) ? branch["properties"] : {})) {
    if (declared[name] === undefined)
      faults.push({
        reason: "FieldValueRequired",
        message: `Required value: because it is defined in ${path}.properties[${name}]`,
        field: `${path}.properties[${name}]`,
      });
    else faults.push(...branchFaults(child, objectOrEmpty(declared[name]), `${path}.properties[${name}]`));
  }
  return faults;
}

function objectOrEmpty(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
