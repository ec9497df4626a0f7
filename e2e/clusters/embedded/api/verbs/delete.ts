// delete, with preconditions, grace periods and finalizers.
// Works on the store synchronously.

import {
  badRequest,
  conflict,
  forbidden,
  methodNotAllowed,
  notFound,
  notSupported,
  type StatusBody,
} from "../model/failure.ts";
import { isObject, type KubeObject, objectOf, textOf } from "../model/json.ts";
import { served } from "../resources/resource-type.ts";
import { type Call, type Cluster, isDryRun } from "./call.ts";
import { beginDeletion, graceOf } from "./purge.ts";
import { admit } from "./write.ts";

const protectedNamespaces = ["default", "kube-system", "kube-public"];

/** Deletes one object; answers with it while something holds it, else with a Success status. */
export function deleteObject(cluster: Cluster, call: Call): KubeObject | StatusBody {
  const { type, namespace, name } = call;
  if (call.subresource !== "") throw methodNotAllowed();
  const live = cluster.store.get(type.storage, namespace, name);
  if (live === undefined) throw notFound(type, name);
  if (type.plural === "namespaces" && protectedNamespaces.includes(name))
    throw forbidden(type, name, "this namespace may not be deleted");
  checkPreconditions(call, live);
  checkPropagation(call);
  admit(cluster, call, served(type, live), undefined);
  if (isDryRun(call)) return success(call, live);
  const marked = beginDeletion(cluster, type, live, graceSeconds(call, live));
  const held =
    cluster.store.get(type.storage, namespace, name) !== undefined ||
    type.plural === "namespaces" ||
    type.plural === "pods";
  return held ? served(type, marked) : success(call, live);
}

function success({ type, name }: Call, live: KubeObject): StatusBody {
  const details = {
    name,
    ...(type.group === "" ? {} : { group: type.group }),
    kind: type.plural,
    uid: live.metadata.uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details, code: 200 };
}

function optionsOf({ body }: Call): { readonly [name: string]: unknown } {
  if (body === undefined) return {};
  if (!isObject(body)) throw badRequest("expected DeleteOptions as the body of a delete");
  const kind = body["kind"];
  if (kind !== undefined && kind !== "DeleteOptions")
    throw badRequest(`no kind ${JSON.stringify(kind)} is accepted as the body of a delete, expected DeleteOptions`);
  return body;
}

function checkPreconditions(call: Call, live: KubeObject): void {
  const wanted = objectOf(optionsOf(call)["preconditions"]);
  const { uid, resourceVersion } = live.metadata;
  if (wanted["uid"] !== undefined && wanted["uid"] !== uid) {
    throw conflict(
      call.type,
      call.name,
      `Precondition failed: UID in precondition: ${textOf(wanted["uid"])}, UID in object meta: ${uid ?? ""}`,
    );
  }
  if (wanted["resourceVersion"] !== undefined && wanted["resourceVersion"] !== resourceVersion) {
    throw conflict(
      call.type,
      call.name,
      `Precondition failed: ResourceVersion in precondition: ${textOf(wanted["resourceVersion"])}, ResourceVersion in object meta: ${resourceVersion ?? ""}`,
    );
  }
}

function checkPropagation(call: Call): void {
  const policy = call.query.get("propagationPolicy") ?? optionsOf(call)["propagationPolicy"];
  if (policy === undefined || policy === "Background") return;
  throw notSupported(`propagationPolicy ${textOf(policy)} (only Background)`);
}

function graceSeconds(call: Call, live: KubeObject): number {
  const standard = graceOf(call.type, live);
  const asked = optionsOf(call)["gracePeriodSeconds"] ?? call.query.get("gracePeriodSeconds");
  if (asked === undefined || standard === 0) return standard;
  const seconds = Number(asked);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw badRequest(`gracePeriodSeconds: Invalid value: ${JSON.stringify(asked)}: expected a non-negative integer`);
  return seconds;
}
