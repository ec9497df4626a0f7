// CustomResourceDefinitions: checking them, completing them, and turning them into the resource types they define.
// Pure; the registry keeps what comes out.
import type { Cause } from "../model/failure.ts";
import { isObject, type JsonObject, type KubeObject, listOf, objectOf, textOf, valueAt } from "../model/json.ts";
import { ruleFaults } from "../schema/cel.ts";
import { withObjectFields } from "../schema/schema.ts";
import { structuralFaults } from "../schema/structural.ts";
import type { ResourceType } from "./resource-type.ts";

/** Finalizer that keeps a definition until its objects are gone. */
export const definitionFinalizer = "customresourcecleanup.apiextensions.k8s.io";

function versionsOf(definition: KubeObject): JsonObject[] {
  return listOf(valueAt(definition, "spec", "versions")).filter(isObject);
}

/** Faults in the schemas of a definition; its own schema says the rest. */
export function checkDefinition(object: KubeObject): readonly Cause[] {
  return versionsOf(object).flatMap(versionFaults);
}

function versionFaults(version: JsonObject, index: number, all: readonly JsonObject[]): Cause[] {
  // A schema that all versions share is judged at the top, under the name it had there.
  const path = all.length === 1 ? "spec.validation.openAPIV3Schema" : `spec.versions[${index}].schema.openAPIV3Schema`;
  const schema = valueAt(version, "schema", "openAPIV3Schema");
  if (!isObject(schema))
    return [{ reason: "FieldValueRequired", field: path, message: "Required value: schemas are required" }];
  const faults = structuralFaults(schema, path);
  if (faults.length > 0) return faults;
  // Rules that this CEL does not know are refused here, never skipped when an object comes.
  return ruleFaults(schema, path);
}

/** Fills in names, status and the clean-up finalizer. */
export function completeDefinition(object: KubeObject, old: KubeObject | undefined): void {
  const spec = objectOf(object["spec"]);
  const names = objectOf(spec["names"]);
  names["singular"] ??= textOf(names["kind"]).toLowerCase();
  names["listKind"] ??= `${textOf(names["kind"])}List`;
  spec["conversion"] ??= { strategy: "None" };
  if (old === undefined)
    object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), definitionFinalizer])];
}

/** The status a served definition shows. */
export function definitionStatus(object: KubeObject, time: string): JsonObject {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastTransitionTime: time,
    reason,
    message,
  });
  const stored = versionsOf(object)
    .filter((version) => version["storage"] === true)
    .map((version) => version["name"]);
  return {
    acceptedNames: valueAt(object, "spec", "names"),
    storedVersions: stored,
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
  };
}

/** The resource types that a definition serves. */
export function definedTypes(definition: KubeObject): ResourceType[] {
  return versionsOf(definition)
    .filter((version) => version["served"] === true)
    .map((version) => definedType(definition, version));
}

function definedType(definition: KubeObject, version: JsonObject): ResourceType {
  const names = objectOf(valueAt(definition, "spec", "names"));
  const group = textOf(valueAt(definition, "spec", "group"));
  const plural = textOf(names["plural"]);
  const apiVersion = `${group}/${textOf(version["name"])}`;
  return {
    group,
    version: textOf(version["name"]),
    plural,
    kind: textOf(names["kind"]),
    namespaced: valueAt(definition, "spec", "scope") === "Namespaced",
    storage: `${group}/${plural}`,
    subresources: Object.keys(objectOf(version["subresources"])).filter((name) => name === "status"),
    schema: withObjectFields(objectOf(valueAt(version, "schema", "openAPIV3Schema"))),
    custom: true,
    selectable: listOf(version["selectableFields"]).map((field) => textOf(valueAt(field, "jsonPath")).slice(1)),
    unconditionalUpdate: false,
    createOnUpdate: false,
    hasGeneration: true,
    nameRule: "subdomain",
    // Conversion strategy None: the same fields under another version.
    fromStored: (object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }),
  };
}
