// The patch formats: merge patch and server-side apply. Others are refused.
// Each turns the request into a proposal; write.ts judges and stores it.
import { applyConfiguration, type ManagerConflict } from "../fields/managers.ts";
import { badRequest, conflict, failure, invalid, notFound, unsupportedMediaType } from "../model/failure.ts";
import { copy, isObject, type JsonObject, type KubeObject } from "../model/json.ts";
import { parseObject } from "../resources/metadata.ts";
import { groupVersion } from "../resources/resource-type.ts";
import { type Call, type Cluster, type Outcome, timestamp, writerOf } from "./call.ts";
import { checkNamespace, resetFields, write } from "./write.ts";

export const mergePatchType = "application/merge-patch+json";
const applyPatchType = "application/apply-patch+yaml";

export function patchObject(cluster: Cluster, call: Call): Outcome {
  const { type, namespace, name, contentType } = call;
  if (contentType === applyPatchType) return applyPatch(cluster, call);
  if (call.query.force !== undefined) throw badOption("force", "Forbidden: may not be specified for non-apply patch");
  const live = cluster.store.get(type.storage, namespace, name);
  const supported = [mergePatchType, applyPatchType];
  if (!supported.includes(contentType)) throw unsupportedMediaType(contentType, supported);
  if (live === undefined) throw notFound(type, name);
  if (!isObject(call.body)) throw badRequest("a merge patch must be a JSON object");
  const after = parseObject(type, mergePatch(copy(live), call.body), namespace, name);
  return write(cluster, call, { before: live, after });
}

function badOption(field: string, message: string): Error {
  const subject = { group: "meta.k8s.io", plural: "patchoptions", kind: "PatchOptions" };
  const reason = message.startsWith("Required") ? "FieldValueRequired" : "FieldValueForbidden";
  return invalid(subject, "", [{ reason, field, message }]);
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copy(patch);
  const made: JsonObject = isObject(target) ? target : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete made[name];
    else made[name] = mergePatch(made[name], value);
  }
  return made;
}

function applyPatch(cluster: Cluster, call: Call): Outcome {
  const { type, namespace, name } = call;
  if (call.query.fieldManager === undefined)
    throw badOption("fieldManager", "Required value: is required for apply patch");
  const config = parseApplied(call);
  const live = cluster.store.get(type.storage, namespace, name);
  if (live === undefined) checkCreatable(cluster, call, config);
  const context = {
    schema: type.schema,
    writer: writerOf(call, "Apply"),
    time: timestamp(cluster.now()),
    reset: resetFields(call),
  };
  const applied = applyConfiguration(context, live, config, call.query.force === true);
  if (applied.conflicts.length > 0) throw applyConflict(applied.conflicts);
  // Without a version of its own, an apply is judged against the live one and can't be stale.
  const resourceVersion = config.metadata.resourceVersion ?? live?.metadata.resourceVersion ?? "";
  const after = { ...applied.object, metadata: { ...applied.object.metadata, resourceVersion } };
  return write(cluster, call, { before: live, after, managedFields: applied.managedFields });
}

function checkCreatable(cluster: Cluster, call: Call, config: KubeObject): void {
  const { type, name } = call;
  if (call.subresource !== "") throw notFound(type, name);
  checkNamespace(cluster, call);
  const { uid } = config.metadata;
  if (uid === undefined) return;
  throw conflict(
    type,
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}

function parseApplied(call: Call): KubeObject {
  const { type, body } = call;
  if (!isObject(body)) throw badRequest("error decoding YAML: expected an object");
  if (body["apiVersion"] === undefined || body["kind"] === undefined) {
    throw badRequest(
      `Object 'Kind' and 'apiVersion' must be set in an applied configuration of ${groupVersion(type)}, Kind=${type.kind}`,
    );
  }
  const config = parseObject(type, body, call.namespace, call.name);
  if (config.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  return config;
}

function applyConflict(conflicts: readonly ManagerConflict[]): Error {
  const rows = conflicts.flatMap((conflict) => conflict.paths.map((field) => ({ who: managerText(conflict), field })));
  const causes = rows.map(({ who, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${who}`,
    field,
  }));
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) {
    const message = `Apply failed with 1 conflict: conflict with ${only.who}: ${only.field}`;
    return failure({ code: 409, reason: "Conflict", message, details: { causes } });
  }
  const groups = conflicts.map((conflict) =>
    [`conflicts with ${managerText(conflict)}:`, ...conflict.paths.map((path) => `- ${path}`)].join("\n"),
  );
  const message = `Apply failed with ${rows.length} conflicts: ${groups.join("\n")}`;
  return failure({ code: 409, reason: "Conflict", message, details: { causes } });
}

function managerText({ manager, subresource, operation, apiVersion, time }: ManagerConflict): string {
  const who = `${JSON.stringify(manager)}${subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === "Update" ? `${who} using ${apiVersion} at ${time}` : who;
}
