// CustomResourceDefinitions: completing them, and turning them into the resource types they define.
// Pure; the registry keeps what comes out.
import { isObject, type JsonObject, type KubeObject, listOf, objectOf, textOf, valueAt } from "../model/json.ts";
import { withObjectFields } from "../schema/schema.ts";
import type { ResourceType } from "./resource-type.ts";

function versionsOf(definition: KubeObject): JsonObject[] {
  return listOf(valueAt(definition, "spec", "versions")).filter(isObject);
}

/** Fills in names and conversion. */
export function completeDefinition(object: KubeObject): void {
  const spec = objectOf(object["spec"]);
  const names = objectOf(spec["names"]);
  names["singular"] ??= textOf(names["kind"]).toLowerCase();
  names["listKind"] ??= `${textOf(names["kind"])}List`;
  spec["conversion"] ??= { strategy: "None" };
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
  };
}
