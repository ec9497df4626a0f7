// The pods that a Deployment or a Job makes from its template: whose they are, how they begin, and that they go with it.
// Knows no other rule of a controller.
import { randomBytes } from "node:crypto";
import { type JsonObject, type KubeObject, objectOf, textOf, valueAt } from "../api/model/json.ts";
import { type ClusterAccess, placeOf } from "./pod/cluster-access.ts";

/** Pods by the uid of the object of this kind that controls them. */
export function podsByOwner(cluster: ClusterAccess, kind: string): ReadonlyMap<unknown, readonly KubeObject[]> {
  const owner = ({ metadata }: KubeObject) =>
    metadata.ownerReferences?.find((reference) => reference["controller"] === true && reference["kind"] === kind);
  return Map.groupBy(
    cluster.pods().filter((pod) => owner(pod) !== undefined),
    (pod) => owner(pod)?.["uid"],
  );
}

/** Deletes the pods whose owner is none of these. */
export function deleteOrphans(cluster: ClusterAccess, kind: string, owners: readonly KubeObject[]): void {
  const uids = new Set<unknown>(owners.map(({ metadata }) => metadata.uid));
  const orphans = [...podsByOwner(cluster, kind)].flatMap(([uid, pods]) => (uids.has(uid) ? [] : pods));
  for (const pod of orphans) {
    if (pod.metadata.deletionTimestamp === undefined) cluster.deletePod(placeOf(pod));
  }
}

type Extra = {
  /** Between the owner's name and the random end. */
  readonly infix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** A pod of the owner's template with labels and annotations of its controller's own. */
export function podOf(owner: KubeObject, { infix, labels, annotations }: Extra): JsonObject {
  const { apiVersion, kind, metadata } = owner;
  const template = objectOf(valueAt(owner, "spec", "template"));
  const { name, uid } = metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${infix}${randomBytes(3).toString("hex").slice(0, 5)}`,
      labels: { ...objectOf(valueAt(template, "metadata", "labels")), ...labels },
      annotations: { ...objectOf(valueAt(template, "metadata", "annotations")), ...annotations },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: template["spec"],
  };
}

export function phaseOf(pod: KubeObject): string {
  return textOf(valueAt(pod, "status", "phase"));
}
