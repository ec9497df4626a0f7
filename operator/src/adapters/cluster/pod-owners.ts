// Whose a pod is: labels are anybody's, so it must be controlled by the workload, or by a ReplicaSet that is.
import type { KubeObject, ObjectMeta, OwnerReference } from "#kube/documents.ts";
import { type KubeRequest, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { replicaSets } from "#kube/resources.ts";
import type { PodOwner } from "#ports/cluster.ts";

/** Why each pod isn't the owner's; undefined: it is. In the order of the pods. */
export type ProveOwner = (
  namespace: string,
  pods: readonly KubeObject[],
  owner: PodOwner,
  signal: AbortSignal,
) => Promise<readonly (string | undefined)[]>;

/** ReplicaSets looked up for one list: a rollout brings one, and strangers may name any number. */
const mostLookups = 10;
const mostKnown = 10_000;

/** A ReplicaSet once proved isn't looked up again; one that isn't, in every list. */
export function makeProveOwner(request: KubeRequest): ProveOwner {
  const known = new Set<string>();
  return async (namespace, pods, owner, signal) => {
    const keyOf = ({ uid = "" }: OwnerReference) => `${uid} ${owner.uid}`;
    const controllers = pods.map(({ metadata = {} }) => controllerOf(metadata));
    const asked = new Map(
      controllers.flatMap((one) =>
        one?.kind === "ReplicaSet" && one.uid !== undefined && !known.has(keyOf(one)) ? [[one.uid, one] as const] : [],
      ),
    );
    const lookups = [...asked.values()].slice(0, mostLookups).map(async (one) => {
      const place = { resource: replicaSets, namespace, name: one.name ?? "" };
      const found = (await readObject(request, place, signal, metadataOf("PartialObjectMetadata")))?.metadata ?? {};
      if (found.uid !== one.uid || controllerOf(found)?.uid !== owner.uid) return;
      if (known.size >= mostKnown) known.clear();
      known.add(keyOf(one));
    });
    await Promise.all(lookups);
    return controllers.map((one) => {
      if (one === undefined) return "no controller owns it";
      const isOwned = one.uid === owner.uid || (one.kind === "ReplicaSet" && known.has(keyOf(one)));
      return isOwned ? undefined : `${one.kind} ${one.name} owns it, which isn't of Deployment ${owner.name}`;
    });
  };
}

function controllerOf({ ownerReferences = [] }: ObjectMeta): OwnerReference | undefined {
  return ownerReferences.find(({ controller, uid }) => controller === true && uid !== undefined && uid !== "");
}
