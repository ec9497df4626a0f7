// What follows a deletion: objects leave with their last finalizer.
// Works on the store synchronously.

import { copy, type KubeObject, objectOf } from "../model/json.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { type Cluster, timestamp } from "./call.ts";

/** Takes a deleted object out if nothing holds it any more. */
export function purgeIfReady(cluster: Cluster, type: ResourceType, object: KubeObject): KubeObject {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return object;
  if (type.plural === "pods" && deletionGracePeriodSeconds !== undefined && deletionGracePeriodSeconds > 0)
    return object;
  return cluster.store.remove(type.storage, object);
}

/** Marks an object as being deleted and removes it if nothing holds it. A second deletion can only shorten the grace. */
export function beginDeletion(
  cluster: Cluster,
  type: ResourceType,
  object: KubeObject,
  graceSeconds: number,
): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds <= graceSeconds) return object;
  const marked = markDeleted(cluster, type, object, graceSeconds);
  if (finalizers.length === 0 && graceSeconds <= 0) return cluster.store.remove(type.storage, marked);
  return cluster.store.put(type.storage, marked);
}

function markDeleted(cluster: Cluster, type: ResourceType, object: KubeObject, graceSeconds: number): KubeObject {
  const marked = copy(object);
  const { metadata } = marked;
  const first = metadata.deletionTimestamp === undefined;
  if (first && type.hasGeneration) metadata.generation = (metadata.generation ?? 0) + 1;
  metadata.deletionTimestamp = timestamp(new Date(cluster.now().getTime() + graceSeconds * 1000));
  metadata.deletionGracePeriodSeconds = graceSeconds;
  return marked;
}

/** Seconds a pod is given by default; other kinds go at once. */
export function graceOf(type: ResourceType, object: KubeObject): number {
  if (type.plural !== "pods") return 0;
  const spec = objectOf(object["spec"]);
  const assigned = typeof spec["nodeName"] === "string" && spec["nodeName"] !== "";
  return assigned && typeof spec["terminationGracePeriodSeconds"] === "number"
    ? spec["terminationGracePeriodSeconds"]
    : 0;
}
