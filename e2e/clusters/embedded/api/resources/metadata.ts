// Rules of metadata that every kind shares: names, labels, finalizers, and what a client can't set.
// Pure.
import { badRequest, type Cause } from "../model/failure.ts";
import { isObject, type JsonObject, type KubeObject, type Metadata, textOf } from "../model/json.ts";
import { groupVersion, type ResourceType } from "./resource-type.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const maxAnnotationBytes = 256 * 1024;

function invalidCause(field: string, value: unknown, why: string): Cause {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

function nameFaults(type: ResourceType, name: string): Cause[] {
  if (name === "")
    return [
      {
        reason: "FieldValueRequired",
        field: "metadata.name",
        message: "Required value: name or generateName is required",
      },
    ];
  const isLabel = type.nameRule === "label";
  if (isLabel ? label.test(name) && name.length <= 63 : subdomain.test(name) && name.length <= 253) return [];
  const what = isLabel ? "label" : "subdomain";
  const why = `a lowercase RFC 1123 ${what} must consist of lower case alphanumeric characters${isLabel ? " or '-'" : ", '-' or '.'"}, and must start and end with an alphanumeric character`;
  return [invalidCause("metadata.name", name, why)];
}

/** Faults in the metadata of an object to be stored. */
export function metadataFaults(type: ResourceType, object: KubeObject, old: KubeObject | undefined): Cause[] {
  const { metadata } = object;
  const faults = nameFaults(type, metadata.name);
  for (const [name, value] of Object.entries(metadata.labels ?? {})) {
    if (!qualifiedName.test(name))
      faults.push(
        invalidCause("metadata.labels", name, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
      );
    if (!labelValue.test(value) || value.length > 63) {
      faults.push(
        invalidCause(
          "metadata.labels",
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63 of them",
        ),
      );
    }
  }
  return [
    ...faults,
    ...annotationFaults(metadata),
    ...finalizerFaults(metadata, old?.metadata),
    ...ownerFaults(metadata),
  ];
}

function annotationFaults(metadata: Metadata): Cause[] {
  const faults: Cause[] = [];
  let size = 0;
  for (const [name, value] of Object.entries(metadata.annotations ?? {})) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (!qualifiedName.test(name.toLowerCase()))
      faults.push(
        invalidCause(
          "metadata.annotations",
          name,
          "name part must consist of alphanumeric characters, '-', '_' or '.'",
        ),
      );
  }
  if (size > maxAnnotationBytes) {
    faults.push({
      reason: "FieldValueTooLong",
      field: "metadata.annotations",
      message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    });
  }
  return faults;
}

function finalizerFaults(metadata: Metadata, old: Metadata | undefined): Cause[] {
  const finalizers = metadata.finalizers ?? [];
  const faults = finalizers
    .filter((name) => !qualifiedName.test(name))
    .map((name) =>
      invalidCause("metadata.finalizers", name, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
    );
  if (old?.deletionTimestamp === undefined) return faults;
  const added = finalizers.filter((name) => !(old.finalizers ?? []).includes(name));
  if (added.length === 0) return faults;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  const cause: Cause = { reason: "FieldValueForbidden", field: "metadata.finalizers", message };
  // A real one looks twice at the metadata of an update, and says this twice.
  return [...faults, cause, cause];
}

function ownerFaults(metadata: Metadata): Cause[] {
  return (metadata.ownerReferences ?? []).flatMap((owner, index) =>
    ["apiVersion", "kind", "name", "uid"]
      .filter((name) => textOf(owner[name]) === "")
      .map((name) => invalidCause(`metadata.ownerReferences[${index}].${name}`, "", "must not be empty")),
  );
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
