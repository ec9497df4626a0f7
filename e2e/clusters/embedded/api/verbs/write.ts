// The common end of every create and update: prune, default, system fields, owners, validation, admission, storing.
// Works on the store synchronously, so a write is never torn by another one.

import { trackUpdate } from "../fields/managers.ts";
import { badRequest, type Cause, conflict, invalid, notFound, staleVersion } from "../model/failure.ts";
import { copy, equal, type JsonObject, type KubeObject, without } from "../model/json.ts";
import { definitionStatus } from "../resources/definition.ts";
import { metadataFaults } from "../resources/metadata.ts";
import { evaluateRules } from "../schema/cel.ts";
import { applyDefaults, prune } from "../schema/prune.ts";
import { validate } from "../schema/validate.ts";
import { type Call, type Cluster, isDryRun, type Outcome, timestamp, writerOf } from "./call.ts";
import { purgeIfReady } from "./purge.ts";

type Proposal = {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  /** Owners computed by an apply; other writes are tracked here. */
  readonly managedFields?: readonly JsonObject[];
};

/** Stores a proposal or throws why not. A write that changes nothing keeps the version. */
export function write(cluster: Cluster, call: Call, proposal: Proposal): Outcome {
  const { type } = call;
  const { before } = proposal;
  const after = copy(proposal.after);
  if (before !== undefined) checkPreconditions(call, before, after);
  prune(type.schema, after);
  applyDefaults(type.schema, after);
  restoreSystemFields(cluster, call, before, after);
  type.complete?.(after, before);
  setGeneration(call, before, after);
  const context = {
    schema: type.schema,
    writer: writerOf(call, "Update"),
    time: timestamp(cluster.now()),
    reset: resetFields(call),
  };
  after.metadata.managedFields = copy([...(proposal.managedFields ?? trackUpdate(context, before, after))]);
  checkObject(call, before, after);
  admit(cluster, call, before, after);
  // Objects are also completed when read from storage, so a default of the status shows from the first read on.
  applyDefaults(type.schema, after);
  const code = before === undefined ? 201 : 200;
  if (isDryRun(call)) return { object: after, code };
  if (before !== undefined && isUnchanged(before, after)) return { object: before, code };
  return { object: store(cluster, call, after), code };
}

/** Top-level fields that a write to this resource or subresource can't touch. */
export function resetFields(call: Call): readonly string[] {
  if (call.subresource === "status") return call.type.custom ? ["spec", "metadata"] : ["spec"];
  return call.type.subresources.includes("status") ? ["status"] : [];
}

function checkPreconditions({ type, name }: Call, before: KubeObject, after: KubeObject): void {
  const { uid, resourceVersion } = after.metadata;
  if (uid !== undefined && uid !== before.metadata.uid) {
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid ?? ""}`,
    );
  }
  if (resourceVersion === undefined || resourceVersion === "") {
    if (type.unconditionalUpdate) return;
    throw invalid(type, name, [
      {
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]);
  }
  if (resourceVersion !== before.metadata.resourceVersion) throw conflict(type, name, staleVersion);
}

const serverOwned = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "resourceVersion",
  "selfLink",
] as const;

function restoreSystemFields(cluster: Cluster, call: Call, before: KubeObject | undefined, after: KubeObject): void {
  const { metadata } = after;
  for (const name of serverOwned) {
    const value = before?.metadata[name];
    if (value === undefined) delete metadata[name];
    else Object.assign(metadata, { [name]: value });
  }
  if (before === undefined) {
    metadata.uid = cluster.uid();
    metadata.creationTimestamp = timestamp(cluster.now());
  }
  if (call.subresource === "status" && before !== undefined) keepAllButStatus(before, after);
  else if (call.type.subresources.includes("status")) keepStatus(before, after);
}

function keepAllButStatus(before: KubeObject, after: KubeObject): void {
  const { status } = after;
  const managed = after.metadata.managedFields;
  for (const name of Object.keys(after)) delete after[name];
  Object.assign(after, copy(without(before, "status")), status === undefined ? {} : { status });
  if (managed !== undefined) after.metadata.managedFields = managed;
}

function keepStatus(before: KubeObject | undefined, after: KubeObject): void {
  if (before?.["status"] === undefined) delete after["status"];
  else after["status"] = copy(before["status"]);
}

function setGeneration(call: Call, before: KubeObject | undefined, after: KubeObject): void {
  if (!call.type.hasGeneration) return;
  const desired = (object: KubeObject) =>
    without(object, "metadata", "apiVersion", "kind", ...(call.type.subresources.includes("status") ? ["status"] : []));
  if (before === undefined) after.metadata.generation = 1;
  else if (!equal(desired(before), desired(after))) after.metadata.generation = (before.metadata.generation ?? 0) + 1;
}

function checkObject(call: Call, before: KubeObject | undefined, after: KubeObject): void {
  const { type } = call;
  const node = { schema: type.schema, value: after, old: before, path: "" };
  const shape = validate(node);
  // A built-in kind doesn't even decode with a wrong type.
  if (!type.custom && shape.length > 0)
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${describe(shape)}`,
    );
  const faults = [...metadataFaults(type, after, before), ...shape, ...(type.check?.(after, before) ?? [])];
  faults.push(...ruleCauses(node, shape));
  if (faults.length > 0) throw invalid(type, after.metadata.name, faults);
}

function ruleCauses(node: Parameters<typeof evaluateRules>[0], shape: readonly Cause[]): Cause[] {
  if (shape.length === 0) return evaluateRules(node);
  const message =
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  return [{ reason: "FieldValueInvalid", field: "<nil>", message }];
}

function describe(faults: readonly Cause[]): string {
  return faults.map((one) => `${one.field}: ${one.message}`).join(", ");
}

/** Asks every admission hook; the first refusal wins. */
export function admit(
  cluster: Cluster,
  call: Call,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): void {
  const operation = after === undefined ? "delete" : before === undefined ? "create" : "update";
  const { namespace, subresource, user, type } = call;
  const name = after?.metadata.name ?? before?.metadata.name ?? call.name;
  for (const admission of cluster.admissions) {
    admission({
      operation,
      resource: type.plural,
      group: type.group,
      namespace,
      name,
      subresource,
      user,
      object: after,
      oldObject: before,
      dryRun: isDryRun(call),
    });
  }
}

/** Refuses creates in a namespace that is missing. */
export function checkNamespace(cluster: Cluster, call: Call): void {
  if (call.namespace === undefined) return;
  if (cluster.store.get("/namespaces", undefined, call.namespace) === undefined)
    throw notFound({ group: "", plural: "namespaces", kind: "Namespace" }, call.namespace);
}

function isUnchanged(before: KubeObject, after: KubeObject): boolean {
  const timeless = (object: KubeObject) => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: (object.metadata.managedFields ?? []).map((entry) => without(entry, "time")),
    },
  });
  return equal(timeless(before), timeless(after));
}

function store(cluster: Cluster, call: Call, after: KubeObject): KubeObject {
  const { type } = call;
  const isDefinition = type.plural === "customresourcedefinitions";
  if (isDefinition) after["status"] = definitionStatus(after, timestamp(cluster.now()));
  const stored = cluster.store.put(type.storage, after);
  if (isDefinition) cluster.registry.define(stored);
  return purgeIfReady(cluster, type, stored);
}
