// Live reads of the cluster, each one request (or one list), translated into what the operator needs.
import { phases } from "@retriever/crds/status/migration-status.ts";
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { ClaimObservation } from "#core/model/observation.ts";
import type { ConfigMapDocument, DeploymentDocument, KubeObject, ObjectMeta, PodDocument } from "#kube/documents.ts";
import { instantOf } from "#kube/instants.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { listAll } from "#kube/listing.ts";
import { readObject } from "#kube/read-and-write.ts";
import {
  configMaps,
  deployments,
  migrations,
  namespaces as namespaceResource,
  type Place,
  pods,
} from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster, ConfigMapRead } from "#ports/cluster.ts";
import { identityPolicyName, isInForce } from "../policies/admission-policies.ts";
import { readPolicy } from "../policies/kubernetes-policies.ts";
import { makeProveOwner } from "./pod-owners.ts";
import { readPodDocument, readWorkloadDocument } from "./read-workload.ts";
import { keyOf, targetOf } from "./target-index.ts";

type ClusterReads = Pick<
  Cluster,
  | "listMigrations"
  | "readMigration"
  | "readWorkload"
  | "readNamespaceTerminating"
  | "readConfigMap"
  | "listPods"
  | "listClaims"
  | "readActIdentityProved"
>;

/** The reading half of the Cluster port. */
export function makeClusterReads(
  request: KubeRequest,
  watched: readonly string[],
  clock: Pick<Clock, "elapsed">,
): ClusterReads {
  const get = (place: Place, signal: AbortSignal) => readObject(request, place, signal);
  const proveOwner = makeProveOwner(request, clock);

  return {
    listMigrations: async (signal) => {
      const places =
        watched.length === 0
          ? [{ resource: migrations }]
          : watched.map((namespace) => ({ resource: migrations, namespace }));
      const pick = (item: KubeObject) => [keyOf(item)];
      return (await Promise.all(places.map((place) => listAll(request, { place }, pick, signal)))).flat();
    },
    readMigration: async ({ namespace, name }, signal) => {
      const found = await get({ resource: migrations, namespace, name }, signal);
      return found === undefined
        ? undefined
        : { meta: toMeta(found.metadata ?? {}), spec: found.spec, status: found.status };
    },
    readWorkload: async (namespace, name, signal) => {
      const found = (await get({ resource: deployments, namespace, name }, signal)) as DeploymentDocument | undefined;
      return found === undefined ? undefined : readWorkloadDocument(found);
    },
    readNamespaceTerminating: async (namespace, signal) => {
      const found = await get({ resource: namespaceResource, name: namespace }, signal);
      return found === undefined || found.metadata?.deletionTimestamp !== undefined;
    },
    readConfigMap: async (namespace, name, signal) => {
      const found: ConfigMapDocument | undefined = await get({ resource: configMaps, namespace, name }, signal);
      return found === undefined ? undefined : toConfigMap(found);
    },
    listPods: async (namespace, selector, signal, owner) => {
      const pick = (item: KubeObject) => [item];
      const query = { labelSelector: selector };
      const items = await listAll(request, { place: { resource: pods, namespace }, query }, pick, signal);
      const strangers = owner === undefined ? [] : await proveOwner(namespace, items, owner, signal);
      return items.map((item, index) => {
        const stranger = strangers[index];
        return { ...readPodDocument(item as PodDocument), ...(stranger === undefined ? {} : { stranger }) };
      });
    },
    listClaims: async (namespace, target, exceptUid, signal) => {
      const pick = (item: KubeObject) =>
        targetOf(item) === target && item.metadata?.uid !== exceptUid ? [toClaim(item)] : [];
      return listAll(request, { place: { resource: migrations, namespace } }, pick, signal);
    },
    readActIdentityProved: async (signal) => isInForce(await readPolicy(request, identityPolicyName, signal)),
  };
}

/** What a RetrieverMigration is called, and how it stands. */
function toMeta(metadata: ObjectMeta): MigrationMeta {
  const { namespace = "", name = "", uid = "", generation = 0, resourceVersion = "", finalizers = [] } = metadata;
  const createdAt = instantOf(metadata.creationTimestamp);
  const deleting = metadata.deletionTimestamp !== undefined;
  return { namespace, name, uid, generation, resourceVersion, createdAt, deleting, finalizers };
}

function toConfigMap(document: ConfigMapDocument): ConfigMapRead {
  const metadata = document.metadata ?? {};
  const { uid, resourceVersion } = metadata;
  return {
    name: metadata.name ?? "",
    ...(uid === undefined || resourceVersion === undefined ? {} : { version: { uid, resourceVersion } }),
    data: document.data ?? {},
    annotations: metadata.annotations ?? {},
    finalizers: metadata.finalizers ?? [],
    deleting: metadata.deletionTimestamp !== undefined,
    foreignManagers: foreignManagersOf(metadata),
  };
}

function foreignManagersOf(metadata: ObjectMeta): string[] {
  const owners = (metadata.managedFields ?? []).filter((entry) => {
    const data = entry.fieldsV1?.["f:data"];
    return (
      entry.manager !== fieldManager &&
      typeof data === "object" &&
      data !== null &&
      Object.keys(data).some((key) => key.startsWith("f:"))
    );
  });
  return [...new Set(owners.map((entry) => entry.manager ?? "unknown"))];
}

type ClaimStatus = {
  readonly phase?: unknown;
  readonly planHash?: unknown;
  readonly epoch?: unknown;
  readonly conditions?: readonly { readonly type?: unknown; readonly status?: unknown }[];
};

/** Read without our schema: a neighbour of another version still holds its claim. */
function toClaim(item: KubeObject): ClaimObservation {
  const status = (item.status ?? {}) as ClaimStatus;
  const { name = "", uid = "", creationTimestamp } = item.metadata ?? {};
  return {
    name,
    uid,
    createdAt: instantOf(creationTimestamp),
    phase: phases.find((phase) => phase === status.phase) ?? "Pending",
    accepted: hasStarted(status),
    settled: isTrue(status, "Settled"),
    ...(typeof status.planHash === "string" ? { planHash: status.planHash } : {}),
    ...nextOf(item),
  };
}

function nextOf(item: KubeObject): Pick<ClaimObservation, "next"> {
  const next = (item.spec as { guard?: { next?: unknown } } | undefined)?.guard?.next;
  return typeof next === "string" ? { next } : {};
}

function hasStarted(status: ClaimStatus): boolean {
  const planned = typeof status.planHash === "string" && status.planHash !== "";
  const wrote = typeof status.epoch === "number" && status.epoch > 0;
  const strange = status.phase !== undefined && !phases.some((phase) => phase === status.phase);
  return planned || wrote || strange || isTrue(status, "Accepted");
}

function isTrue(status: ClaimStatus, type: string): boolean {
  return (status.conditions ?? []).some((condition) => condition.type === type && condition.status === "True");
}
