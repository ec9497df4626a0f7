// What follows a deletion: objects leave with their last finalizer, namespaces when empty, definitions with their objects.
// Works on the store synchronously; stands in for the namespace and definition controllers.

import { copy, type KubeObject, listOf, objectOf } from "../model/json.ts";
import { definedTypes, definitionFinalizer } from "../resources/definition.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { type Cluster, timestamp } from "./call.ts";

/** Takes a deleted object out if nothing holds it any more. */
export function purgeIfReady(cluster: Cluster, type: ResourceType, object: KubeObject): KubeObject {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return object;
  if (type.plural === "namespaces" && listOf(objectOf(object["spec"])["finalizers"]).length > 0) return object;
  if (type.plural === "pods" && deletionGracePeriodSeconds !== undefined && deletionGracePeriodSeconds > 0)
    return object;
  return removeNow(cluster, type, object);
}

/** Takes an object out, whatever holds it, and lets its container go on terminating. */
function removeNow(cluster: Cluster, type: ResourceType, object: KubeObject): KubeObject {
  const last = cluster.store.remove(type.storage, object);
  if (type.plural === "customresourcedefinitions") cluster.registry.forget(object);
  const { namespace } = object.metadata;
  if (namespace !== undefined) finishNamespace(cluster, namespace);
  if (type.custom) finishDefinition(cluster, `${type.plural}.${type.group}`);
  return last;
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
  const held = finalizers.length > 0 || type.plural === "namespaces" || graceSeconds > 0;
  if (!held) return removeNow(cluster, type, marked);
  const stored = cluster.store.put(type.storage, marked);
  if (type.plural === "namespaces") return emptyNamespace(cluster, type, stored);
  if (type.plural === "customresourcedefinitions") deleteInstances(cluster, stored);
  return stored;
}

function markDeleted(cluster: Cluster, type: ResourceType, object: KubeObject, graceSeconds: number): KubeObject {
  const marked = copy(object);
  const { metadata } = marked;
  const first = metadata.deletionTimestamp === undefined;
  if (first && type.hasGeneration) metadata.generation = (metadata.generation ?? 0) + 1;
  metadata.deletionTimestamp = timestamp(new Date(cluster.now().getTime() + graceSeconds * 1000));
  metadata.deletionGracePeriodSeconds = graceSeconds;
  if (type.plural === "namespaces") marked["status"] = { ...objectOf(marked["status"]), phase: "Terminating" };
  return marked;
}

function emptyNamespace(cluster: Cluster, type: ResourceType, namespace: KubeObject): KubeObject {
  for (const each of contentTypes(cluster)) {
    for (const object of cluster.store.list(each.storage, namespace.metadata.name))
      beginDeletion(cluster, each, object, graceOf(each, object));
  }
  finishNamespace(cluster, namespace.metadata.name);
  return cluster.store.get(type.storage, undefined, namespace.metadata.name) ?? namespace;
}

function contentTypes(cluster: Cluster): ResourceType[] {
  const byStorage = new Map(
    cluster.registry
      .all()
      .filter((type) => type.namespaced)
      .map((type) => [type.storage, type]),
  );
  return [...byStorage.values()];
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

function finishNamespace(cluster: Cluster, name: string): void {
  const type = cluster.registry.find("", "v1", "namespaces");
  const namespace = cluster.store.get("/namespaces", undefined, name);
  if (type === undefined || namespace?.metadata.deletionTimestamp === undefined) return;
  if (contentTypes(cluster).some((each) => cluster.store.list(each.storage, name).length > 0)) return;
  const emptied = cluster.store.put(type.storage, { ...namespace, spec: { finalizers: [] } });
  purgeIfReady(cluster, type, emptied);
}

function deleteInstances(cluster: Cluster, definition: KubeObject): void {
  for (const type of definedTypes(definition).slice(0, 1)) {
    for (const object of cluster.store.list(type.storage)) beginDeletion(cluster, type, object, 0);
  }
  finishDefinition(cluster, definition.metadata.name);
}

function finishDefinition(cluster: Cluster, name: string): void {
  const type = cluster.registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const definition = type === undefined ? undefined : cluster.store.get(type.storage, undefined, name);
  if (type === undefined || definition?.metadata.deletionTimestamp === undefined) return;
  if (definedTypes(definition).some((each) => cluster.store.list(each.storage).length > 0)) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((one) => one !== definitionFinalizer);
  const released = cluster.store.put(type.storage, { ...definition, metadata: { ...definition.metadata, finalizers } });
  purgeIfReady(cluster, type, released);
}
