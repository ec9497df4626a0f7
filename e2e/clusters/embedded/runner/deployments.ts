// The Deployment controller: keeps the pods of every Deployment as its template and replicas say, and reports.
// Steps once per change; what to do is decided by rollout.ts.
import { createHash } from "node:crypto";
import { ApiFailure } from "../api/model/failure.ts";
import { type KubeObject, valueAt } from "../api/model/json.ts";
import { timestamp } from "../api/verbs/call.ts";
import { deleteOrphans, podOf, podsByOwner } from "./controlled-pods.ts";
import { type ClusterAccess, placeOf } from "./pod/cluster-access.ts";
import { isReady } from "./pod/pod-shape.ts";
import { planRollout } from "./rollout.ts";

const hashLabel = "pod-template-hash";

/** One pass over all Deployments and the pods whose Deployment is gone. */
export function syncDeployments(cluster: ClusterAccess, now: Date): void {
  const deployments = cluster.deployments();
  for (const deployment of deployments) syncDeployment(cluster, deployment, now);
  deleteOrphans(cluster, "Deployment", deployments);
}

function syncDeployment(cluster: ClusterAccess, deployment: KubeObject, now: Date): void {
  const owned = podsByOwner(cluster, "Deployment").get(deployment.metadata.uid) ?? [];
  const pods = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const template = JSON.stringify(valueAt(deployment, "spec", "template"));
  const hash = createHash("sha256").update(template).digest("hex").slice(0, 10);
  const replicas = Number(valueAt(deployment, "spec", "replicas") ?? 1);
  let refusal: string | undefined;
  // Here a paused Deployment is not even scaled.
  const isPaused = valueAt(deployment, "spec", "paused") === true;
  if (deployment.metadata.deletionTimestamp === undefined && !isPaused) {
    const facts = pods.map((pod) => ({
      name: pod.metadata.name,
      hash: hashOf(pod),
      ready: isReady(pod),
      createdAt: pod.metadata.creationTimestamp ?? "",
    }));
    const step = planRollout({ replicas, hash, pods: facts });
    const { namespace } = placeOf(deployment);
    for (const name of step.remove) cluster.deletePod({ namespace, name });
    for (let count = 0; count < step.create; count += 1) refusal = createPod(cluster, deployment, hash);
  }
  const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal };
  cluster.writeStatus(deployment, {
    observedGeneration: deployment.metadata.generation,
    replicas: pods.length,
    updatedReplicas: pods.filter((pod) => hashOf(pod) === hash).length,
    readyReplicas: pods.filter(isReady).length,
    conditions: refusal === undefined ? [] : [{ ...failure, lastTransitionTime: timestamp(now) }],
  });
}

function hashOf(pod: KubeObject): string {
  return pod.metadata.labels?.[hashLabel] ?? "";
}

/** Returns why the pod was refused, if it was. */
function createPod(cluster: ClusterAccess, deployment: KubeObject, hash: string): string | undefined {
  try {
    const pod = podOf(deployment, { infix: `${hash}-`, labels: { [hashLabel]: hash } });
    cluster.createPod(pod, placeOf(deployment).namespace);
    return undefined;
  } catch (error) {
    // A refused template shows in the Deployment's conditions; the next change of anything tries again.
    if (error instanceof ApiFailure) return error.message;
    throw error;
  }
}
