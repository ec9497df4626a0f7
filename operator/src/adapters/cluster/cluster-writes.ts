// Writes to the migration itself and to pods: status under a precondition, finalizers, one annotation.
import { packStatus } from "@retriever/crds/status/packed-status.ts";
import { epochAnnotation, fieldManager, settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import { droppedFields } from "#kube/dropped-fields.ts";
import { type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { listPage } from "#kube/listing.ts";
import { overtakenAgain } from "#kube/read-and-write.ts";
import { migrations, pods, typeOf } from "#kube/resources.ts";
import type { Cluster } from "#ports/cluster.ts";
import { editFinalizer } from "./finalizer.ts";

type ClusterWrites = Pick<Cluster, "writeStatus" | "addFinalizer" | "removeFinalizer" | "annotatePod">;

/** The writes to migrations and pods. */
export function makeClusterWrites(request: KubeRequest): ClusterWrites {
  const placeOf = (meta: MigrationMeta) => ({ resource: migrations, namespace: meta.namespace, name: meta.name });
  const settle = (meta: MigrationMeta, present: boolean, signal: AbortSignal) =>
    editFinalizer(request, { place: placeOf(meta), finalizer: settleFinalizer, present, uid: meta.uid }, signal);
  return {
    writeStatus: async (meta, status, signal) => {
      const stored = packStatus(status);
      const answer = (await request({
        method: "PUT",
        place: { ...placeOf(meta), subresource: "status" },
        query: { fieldManager },
        body: statusDocument(meta, stored),
        signal,
      })) as KubeObject | undefined;
      refuseDropped(meta, stored, answer?.status);
      return answer?.metadata?.resourceVersion ?? meta.resourceVersion;
    },
    addFinalizer: async (meta, signal) => {
      const there = await settle(meta, true, signal);
      // Without it, nothing after this effect may run: the object it would protect is gone.
      if (!there) throw new OperatorError("ROP_NOT_FOUND", `retrievermigrations ${meta.namespace}/${meta.name}`);
    },
    removeFinalizer: async (meta, signal) => {
      await settle(meta, false, signal);
    },
    annotatePod: (namespace, pod, epoch, signal) =>
      overtakenAgain(async () => {
        const { metadata } = await readPod(request, { namespace, name: pod }, signal);
        const annotations = { [epochAnnotation]: String(epoch) };
        await request({
          method: "PATCH",
          place: { resource: pods, namespace, name: pod },
          query: { fieldManager },
          contentType: mergePatch,
          body: { metadata: { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion, annotations } },
          signal,
        });
      }),
  };
}

/** A status that is kept in part would be decided on as if the rest had never been: nothing is moved on it. */
function refuseDropped({ namespace, name }: MigrationMeta, sent: unknown, kept: unknown): void {
  const dropped = kept === undefined ? [] : droppedFields(sent, kept, "status");
  if (dropped.length === 0) return;
  const about = `retrievermigrations ${namespace}/${name}: the API server doesn't keep ${dropped.join(", ")}`;
  throw new OperatorError("ROP_DEFINITION_OUTDATED", about, { details: { fields: dropped } });
}

/** A list of one: the operator has the right to list pods, which it needs anyhow, and no other right to read them. */
async function readPod(
  request: KubeRequest,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<KubeObject> {
  const place = { resource: pods, namespace };
  const { items } = await listPage(request, { place, query: { fieldSelector: `metadata.name=${name}` } }, "", signal);
  const [found] = items;
  if (found === undefined) throw new OperatorError("ROP_NOT_FOUND", `pods ${namespace}/${name}`);
  return found;
}

/** The whole status in the place of the old one. The server keeps spec and metadata; version and uid are preconditions. */
function statusDocument(meta: MigrationMeta, status: unknown): unknown {
  const { namespace, name, uid, resourceVersion } = meta;
  return {
    ...typeOf(migrations),
    metadata: { namespace, name, uid, resourceVersion },
    status,
  };
}
