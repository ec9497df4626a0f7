// The Deployment controller: keeps the pods of every Deployment as its template and replicas say, and reports.
// Steps once per change; what to do is decided by rollout.ts.
import { createHash, randomBytes } from "node:crypto";
import { ApiFailure } from "../api/model/failure.ts";
import { copy, type JsonObject, type KubeObject, listOf, objectOf, textOf, valueAt } from "../api/model/json.ts";
import { timestamp } from "../api/verbs/call.ts";
import { type ClusterAccess, placeOf } from "./cluster-access.ts";
import { isReady } from "./pod-shape.ts";
import { planRollout } from "./rollout.ts";

const hashLabel = "pod-template-hash";

function hashOf(deployment: KubeObject): string {
  return createHash("sha256")
    .update(JSON.stringify(valueAt(deployment, "spec", "template")))
    .digest("hex")
    .slice(0, 10);
}

function ownerUid(pod: KubeObject): string {
  const owner = (pod.metadata.ownerReferences ?? []).find((reference) => reference["controller"] === true);
  return owner?.["kind"] === "Deployment" ? textOf(owner["uid"]) : "";
}

/** One pass over all Deployments and the pods whose Deployment is gone. */
export function syncDeployments(cluster: ClusterAccess, now: Date): void {
  const deployments = cluster.deployments();
  const uids = new Set(deployments.map((deployment) => deployment.metadata.uid));
  for (const deployment of deployments) syncDeployment(cluster, deployment, now);
  for (const pod of cluster.pods()) {
    const uid = ownerUid(pod);
    if (uid !== "" && !uids.has(uid) && pod.metadata.deletionTimestamp === undefined) cluster.deletePod(placeOf(pod));
  }
}

function syncDeployment(cluster: ClusterAccess, deployment: KubeObject, now: Date): void {
  const owned = cluster.pods().filter((pod) => ownerUid(pod) === deployment.metadata.uid);
  const active = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const hash = hashOf(deployment);
  let refusal: string | undefined;
  if (deployment.metadata.deletionTimestamp === undefined) {
    const facts = active.map((pod) => ({
      name: pod.metadata.name,
      hash: pod.metadata.labels?.[hashLabel] ?? "",
      ready: isReady(pod),
      createdAt: pod.metadata.creationTimestamp ?? "",
    }));
    const step = planRollout({
      replicas: replicasOf(deployment),
      hash,
      recreate: valueAt(deployment, "spec", "strategy", "type") === "Recreate",
      paused: valueAt(deployment, "spec", "paused") === true,
      pods: facts,
      terminating: owned.length - active.length,
    });
    const { namespace } = placeOf(deployment);
    for (const name of step.remove) cluster.deletePod({ namespace, name });
    for (let count = 0; count < step.create; count += 1) refusal = createPod(cluster, deployment, hash);
  }
  report(cluster, deployment, { pods: active, refusal, now });
}

function replicasOf(deployment: KubeObject): number {
  const replicas = valueAt(deployment, "spec", "replicas");
  return typeof replicas === "number" ? replicas : 1;
}

/** Returns why the pod was refused, if it was. */
function createPod(cluster: ClusterAccess, deployment: KubeObject, hash: string): string | undefined {
  const { namespace, name } = placeOf(deployment);
  const template = copy(objectOf(valueAt(deployment, "spec", "template")));
  const metadata = objectOf(template["metadata"]);
  const owner = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
    uid: deployment.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const pod: JsonObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${hash}-${randomBytes(3).toString("hex").slice(0, 5)}`,
      namespace,
      labels: { ...objectOf(metadata["labels"]), [hashLabel]: hash },
      annotations: objectOf(metadata["annotations"]),
      ownerReferences: [owner],
    },
    spec: template["spec"],
  };
  try {
    cluster.createPod(pod, namespace);
    return undefined;
  } catch (error) {
    // A refused template shows in the Deployment's conditions; the next change of anything tries again.
    if (error instanceof ApiFailure) return error.message;
    throw error;
  }
}

type Report = { readonly pods: readonly KubeObject[]; readonly refusal: string | undefined; readonly now: Date };

function report(cluster: ClusterAccess, deployment: KubeObject, { pods, refusal, now }: Report): void {
  const wanted = replicasOf(deployment);
  const hash = hashOf(deployment);
  const ready = pods.filter(isReady).length;
  const updated = pods.filter((pod) => pod.metadata.labels?.[hashLabel] === hash).length;
  const available = ready >= wanted;
  const complete = updated === wanted && pods.length === wanted && available;
  const previous = listOf(valueAt(deployment, "status", "conditions")).map(objectOf);
  const condition = (type: string, holds: boolean, reason: string, message: string): JsonObject => {
    const status = holds ? "True" : "False";
    const old = previous.find((one) => one["type"] === type);
    const since = old?.["status"] === status ? old["lastTransitionTime"] : timestamp(now);
    const same = old?.["status"] === status && old["reason"] === reason;
    return {
      type,
      status,
      reason,
      message,
      lastTransitionTime: since,
      lastUpdateTime: same ? old["lastUpdateTime"] : timestamp(now),
    };
  };
  cluster.writeDeploymentStatus(placeOf(deployment), {
    observedGeneration: deployment.metadata.generation,
    replicas: pods.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: [
      condition(
        "Available",
        available,
        available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      ),
      condition(
        "Progressing",
        true,
        complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
        complete ? "The rollout is complete." : "The rollout is progressing.",
      ),
      ...(refusal === undefined ? [] : [condition("ReplicaFailure", true, "FailedCreate", refusal)]),
    ],
  });
}
