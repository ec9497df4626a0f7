// create, update, and the scale subresource.
// Each turns the request into a proposal; write.ts judges and stores it.
import { type Call, type Cluster, type Outcome } from "../call.ts";
import { alreadyExists, badRequest, conflict, invalid, methodNotAllowed, notFound, staleVersion } from "../failure.ts";
import { copy, isObject, type KubeObject, objectOf, textOf, valueAt } from "../json.ts";
import { parseObject } from "../metadata.ts";
import { served } from "../resource-type.ts";
import { checkNamespace, write } from "../write.ts";

const maxNamePrefix = 58;
const nameAttempts = 8;

export function createObject(cluster: Cluster, call: Call): Outcome {
  const { type } = call;
  if (call.subresource !== "") throw methodNotAllowed();
  const object = parseObject(type, call.body, call.namespace, "");
  if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  if (object.metadata.name === "") object.metadata.name = generatedName(cluster, call, object);
  checkNamespace(cluster, call, object.metadata.name);
  if (cluster.store.get(type.storage, call.namespace, object.metadata.name) !== undefined)
    throw alreadyExists(type, object.metadata.name);
  return write(cluster, { ...call, name: object.metadata.name }, { before: undefined, after: object });
}

function generatedName(cluster: Cluster, { type, namespace }: Call, object: KubeObject): string {
  const prefix = textOf(object.metadata.generateName);
  if (prefix === "") return "";
  for (let attempt = 0; attempt < nameAttempts; attempt += 1) {
    const name = `${prefix.slice(0, maxNamePrefix)}${cluster.suffix()}`;
    if (cluster.store.get(type.storage, namespace, name) === undefined) return name;
  }
  throw alreadyExists(type, prefix);
}

export function updateObject(cluster: Cluster, call: Call): Outcome {
  const { type, namespace, name } = call;
  if (call.subresource === "scale") return updateScale(cluster, call);
  const object = parseObject(type, call.body, namespace, name);
  if (!isObject(call.body) || textOf(valueAt(call.body, "metadata", "name")) === "") {
    throw badRequest('the name of the object ("") does not match the name on the URL');
  }
  const live = cluster.store.get(type.storage, namespace, name);
  if (live !== undefined) return write(cluster, call, { before: served(type, live), after: object });
  if (!type.createOnUpdate || call.subresource !== "") throw notFound(type, name);
  checkNamespace(cluster, call, name);
  delete object.metadata.resourceVersion;
  return write(cluster, call, { before: undefined, after: object });
}

/** A Deployment seen as a Scale. */
export function scaleOf(deployment: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = deployment.metadata;
  const labels = objectOf(valueAt(deployment, "spec", "selector", "matchLabels"));
  const selector = Object.entries(labels).map(([label, value]) => `${label}=${textOf(value)}`);
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: JSON.parse(
      JSON.stringify({ name, namespace, uid, resourceVersion, creationTimestamp }),
    ) as KubeObject["metadata"],
    spec: { replicas: valueAt(deployment, "spec", "replicas") ?? 1 },
    status: { replicas: valueAt(deployment, "status", "replicas") ?? 0, selector: selector.join(",") },
  };
}

/** Writes the replicas of a Scale into its Deployment. */
export function writeScale(cluster: Cluster, call: Call, live: KubeObject, scale: unknown): Outcome {
  const replicas = valueAt(scale, "spec", "replicas") ?? 0;
  const version = textOf(valueAt(scale, "metadata", "resourceVersion"));
  if (typeof replicas !== "number" || !Number.isInteger(replicas))
    throw badRequest("Scale: spec.replicas: expected an integer");
  if (replicas < 0) {
    const subject = { group: "autoscaling", plural: "scales", kind: "Scale" };
    throw invalid(subject, call.name, [
      {
        reason: "FieldValueInvalid",
        field: "spec.replicas",
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      },
    ]);
  }
  if (version !== "" && version !== live.metadata.resourceVersion) throw conflict(call.type, call.name, staleVersion);
  const after = copy(live);
  after["spec"] = { ...objectOf(after["spec"]), replicas };
  const outcome = write(cluster, call, { before: live, after });
  return { ...outcome, object: scaleOf(outcome.object) };
}

function updateScale(cluster: Cluster, call: Call): Outcome {
  const live = cluster.store.get(call.type.storage, call.namespace, call.name);
  if (live === undefined) throw notFound(call.type, call.name);
  return writeScale(cluster, call, live, call.body);
}
