// Rules of metadata that every kind shares: names, labels, finalizers, and what a client can't set.
// Pure.
import { badRequest, type Cause } from "../model/failure.ts";
import { isObject, type JsonObject, type KubeObject, type Metadata, textOf } from "../model/json.ts";
import { groupVersion, type ResourceType } from "./resource-type.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const maxAnnotationBytes = 256 * 1024;

function nameFaults(type: ResourceType, name: string): Cause[] {
  const field = "metadata.name";
  if (name === "")
    return [{ reason: "FieldValueRequired", field, message: "Required value: name or generateName is required" }];
  const isLabel = type.nameRule === "label";
  if (isLabel ? label.test(name) && name.length <= 63 : subdomain.test(name) && name.length <= 253) return [];
  const what = isLabel ? "label" : "subdomain";
  const why = `a lowercase RFC 1123 ${what} must consist of lower case alphanumeric characters${isLabel ? " or '-'" : ", '-' or '.'"}, and must start and end with an alphanumeric character`;
  return [{ reason: "FieldValueInvalid", field, message: `Invalid value: ${JSON.stringify(name)}: ${why}` }];
}

/** Faults in the metadata of an object to be stored, beyond what its schema says. */
export function metadataFaults(type: ResourceType, { metadata }: KubeObject, old: KubeObject | undefined): Cause[] {
  return [
    ...nameFaults(type, metadata.name),
    ...annotationFaults(metadata),
    ...finalizerFaults(metadata, old?.metadata),
  ];
}

function annotationFaults({ annotations = {} }: Metadata): Cause[] {
  const size = Buffer.byteLength(Object.entries(annotations).flat().join(""));
  if (size <= maxAnnotationBytes) return [];
  const message = `Too long: may not be more than ${maxAnnotationBytes} bytes`;
  return [{ reason: "FieldValueTooLong", field: "metadata.annotations", message }];
}

function finalizerFaults({ finalizers = [] }: Metadata, old: Metadata | undefined): Cause[] {
  const added = finalizers.filter((name) => !(old?.finalizers ?? []).includes(name));
  if (old?.deletionTimestamp === undefined || added.length === 0) return [];
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  const cause: Cause = { reason: "FieldValueForbidden", field: "metadata.finalizers", message };
  // A real one looks twice at the metadata of an update, and says this twice.
  return [cause, cause];
}

/** The body as an object of this type, its namespace taken from the path; refuses another kind, name or namespace. */
export function parseObject(
  type: ResourceType,
  body: unknown,
  namespace: string | undefined,
  name: string,
): KubeObject {
  if (!isObject(body)) throw badRequest("the object provided is unrecognized: expected a JSON object");
  checkKind(type, body);
  const raw = isObject(body["metadata"]) ? body["metadata"] : {};
  checkPlace(raw, namespace, name);
  const metadata = { ...raw, name: name === "" ? textOf(raw["name"]) : name } as Metadata;
  if (namespace === undefined) delete metadata.namespace;
  else metadata.namespace = namespace;
  return { ...body, apiVersion: groupVersion(type), kind: type.kind, metadata };
}

function checkKind(type: ResourceType, body: JsonObject): void {
  const { apiVersion, kind } = body;
  const wanted = `${groupVersion(type)}, Kind=${type.kind}`;
  // Built-in kinds are decoded with the path's kind as default; custom ones have to say what they are.
  if (type.custom && (apiVersion === undefined || kind === undefined)) {
    throw badRequest(`Object 'Kind' is missing: expected apiVersion and kind of ${wanted}`);
  }
  if ((apiVersion ?? groupVersion(type)) === groupVersion(type) && (kind ?? type.kind) === type.kind) return;
  const got = `${textOf(apiVersion)}, Kind=${textOf(kind)}`;
  throw badRequest(`the API version in the data (${got}) does not match the expected API version (${wanted})`);
}

function checkPlace(raw: JsonObject, namespace: string | undefined, name: string): void {
  if (namespace !== undefined && raw["namespace"] !== undefined && raw["namespace"] !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (name !== "" && raw["name"] !== undefined && raw["name"] !== name) {
    throw badRequest(`the name of the object (${textOf(raw["name"])}) does not match the name on the URL (${name})`);
  }
}
