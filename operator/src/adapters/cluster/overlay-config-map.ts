// The overlay's ConfigMap: owned key by key through server-side apply, kept from every pruner, owned by no object.
import { fieldManager, overlayFinalizer, overlayName } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import type { ObjectVersion, OverlayIntent } from "#core/model/workload.ts";
import type { KubeObject } from "#kube/documents.ts";
import { applyPatch, type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { ifThere, overtakenAgain, readObject } from "#kube/read-and-write.ts";
import { configMaps, type Place, typeOf } from "#kube/resources.ts";
import { intentAnnotation, printIntent } from "#overlay-intent.ts";
import type { Cluster } from "#ports/cluster.ts";
import { editFinalizer } from "./finalizer.ts";

/** Label by which the operator watches its overlays. */
export const overlayLabel = "retriever.dev/overlay";
/** Label and annotation by which the admission policies know a deploy freeze, and the base that it binds. */
const frozenLabel = "retriever.dev/frozen";
const frozenBaseAnnotation = "retriever.dev/frozen-base";

/** What keeps Argo CD and Flux from pruning an object that isn't in Git. */
const keepAnnotations = {
  "argocd.argoproj.io/sync-options": "Prune=false",
  "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
  "kustomize.toolkit.fluxcd.io/prune": "disabled",
};

type OverlayWrites = Pick<Cluster, "applyOverlay" | "releaseOverlay">;

/** The writes to overlays. */
export function makeOverlayWrites(request: KubeRequest): OverlayWrites {
  const placeOf = (target: { readonly namespace: string; readonly name: string }): Place => ({
    resource: configMaps,
    namespace: target.namespace,
    name: overlayName(target.name),
  });
  return {
    applyOverlay: (target, overlay, signal) => {
      const place = placeOf(target);
      const applyTo = (version: Partial<ObjectVersion>) =>
        request({
          method: "PATCH",
          place,
          query: { fieldManager, force: String(overlay.force) },
          contentType: applyPatch,
          body: overlayDocument(target, overlay, version),
          signal,
        });
      // Decided on that object alone: what it is now, the next pass judges.
      if (overlay.over !== undefined) return applyTo(overlay.over).then(() => undefined);
      return overtakenAgain(async () => {
        const there = (await readObject(request, place, signal)) ?? (await createEmpty(request, target, signal));
        await applyTo(there.metadata ?? {});
      });
    },
    releaseOverlay: async (target, remove, signal) => {
      const place = placeOf(target);
      // Left behind, it must not freeze anything for ever. First, so that a release cut short is begun anew.
      if (!remove) await thaw(request, place, signal);
      const there = await editFinalizer(request, { place, finalizer: overlayFinalizer, present: false }, signal);
      if (there && remove) await deleteOverlay(request, place, signal);
    },
  };
}

type Target = { readonly namespace: string; readonly name: string };

/** Judged against exactly the object read: an apply without a version would pass over whatever came in between. */
function overlayDocument(
  target: Target,
  { text, intent }: { readonly text: string; readonly intent: OverlayIntent },
  { uid, resourceVersion }: Partial<ObjectVersion>,
): unknown {
  const { frozen } = intent;
  const empty = emptyOverlay(target);
  // Applied as a whole: what a later write doesn't name any more is gone.
  const labels = { ...empty.metadata.labels, ...(frozen === undefined ? {} : { [frozenLabel]: "true" }) };
  const annotations = {
    ...keepAnnotations,
    [intentAnnotation]: printIntent(intent),
    ...(frozen === undefined || frozen === "" ? {} : { [frozenBaseAnnotation]: frozen }),
  };
  return {
    ...empty,
    metadata: { ...empty.metadata, uid, resourceVersion, labels, annotations },
    data: { [overlayFileName]: text },
  };
}

/**
 * The overlay's object before it says anything; to a sidecar it is as good as none. A create fails where somebody was
 * faster, which an apply doesn't.
 */
async function createEmpty(request: KubeRequest, target: Target, signal: AbortSignal): Promise<KubeObject> {
  const place = { resource: configMaps, namespace: target.namespace };
  const body = emptyOverlay(target);
  return (await request({ method: "POST", place, query: { fieldManager }, body, signal })) as KubeObject;
}

function emptyOverlay(target: Target) {
  return {
    ...typeOf(configMaps),
    metadata: {
      name: overlayName(target.name),
      namespace: target.namespace,
      labels: { "app.kubernetes.io/managed-by": fieldManager, [overlayLabel]: "true" },
      annotations: keepAnnotations,
      finalizers: [overlayFinalizer],
    },
  };
}

function thaw(request: KubeRequest, place: Place, signal: AbortSignal): Promise<void> {
  return overtakenAgain(async () => {
    const there = await readObject(request, place, signal);
    if (there?.metadata?.labels?.[frozenLabel] === undefined) return;
    const { uid, resourceVersion } = there.metadata;
    const metadata = {
      uid,
      resourceVersion,
      labels: { [frozenLabel]: null },
      annotations: { [frozenBaseAnnotation]: null },
    };
    await request({ method: "PATCH", place, contentType: mergePatch, body: { metadata }, signal });
  });
}

/** Deletes exactly the object whose finalizer we took: one that was made anew in between stays. */
async function deleteOverlay(request: KubeRequest, place: Place, signal: AbortSignal): Promise<void> {
  const there = await readObject(request, place, signal);
  if (there === undefined || (there.metadata?.finalizers ?? []).includes(overlayFinalizer)) return;
  const preconditions = { uid: there.metadata?.uid, resourceVersion: there.metadata?.resourceVersion };
  const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
  await ifThere(request({ method: "DELETE", place, body, signal }));
}
