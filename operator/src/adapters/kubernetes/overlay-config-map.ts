// The overlay's ConfigMap: owned key by key through server-side apply, kept from every pruner, owned by no object.
import { fieldManager, overlayFinalizer, overlayName } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import type { OverlayIntent } from "#core/model.ts";
import { hasCode } from "#errors.ts";
import { intentAnnotation, printIntent } from "#overlay-intent.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { KubeObject } from "./documents.ts";
import { editFinalizer } from "./finalizer.ts";
import { applyPatch, type KubeRequest, mergePatch } from "./kube-request.ts";
import { configMaps, type Place } from "./resources.ts";

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

export type OverlayWrites = Pick<Cluster, "applyOverlay" | "releaseOverlay">;

/** The writes to overlays. */
export function makeOverlayWrites(request: KubeRequest): OverlayWrites {
  const placeOf = (target: { readonly namespace: string; readonly name: string }): Place => ({
    resource: configMaps,
    namespace: target.namespace,
    name: overlayName(target.name),
  });
  return {
    applyOverlay: async (target, overlay, signal) => {
      await request({
        method: "PATCH",
        place: placeOf(target),
        query: { fieldManager, force: String(overlay.force) },
        contentType: applyPatch,
        body: overlayDocument(target, overlay.text, overlay.intent),
        signal,
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

function overlayDocument(
  target: { readonly namespace: string; readonly name: string },
  text: string,
  intent: OverlayIntent,
): unknown {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: overlayName(target.name),
      namespace: target.namespace,
      // Applied as a whole: what a later write doesn't name any more is gone.
      labels: {
        "app.kubernetes.io/managed-by": fieldManager,
        [overlayLabel]: "true",
        ...(intent.frozen === undefined ? {} : { [frozenLabel]: "true" }),
      },
      annotations: {
        ...keepAnnotations,
        [intentAnnotation]: printIntent(intent),
        ...(intent.frozen === undefined || intent.frozen === "" ? {} : { [frozenBaseAnnotation]: intent.frozen }),
      },
      finalizers: [overlayFinalizer],
    },
    data: { [overlayFileName]: text },
  };
}

async function thaw(request: KubeRequest, place: Place, signal: AbortSignal): Promise<void> {
  const metadata = { labels: { [frozenLabel]: null }, annotations: { [frozenBaseAnnotation]: null } };
  try {
    await request({ method: "PATCH", place, contentType: mergePatch, body: { metadata }, signal });
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
  }
}

/** Deletes exactly the object whose finalizer we took: one that was made anew in between stays. */
async function deleteOverlay(request: KubeRequest, place: Place, signal: AbortSignal): Promise<void> {
  try {
    const { metadata } = (await request({ method: "GET", place, signal })) as KubeObject;
    if ((metadata?.finalizers ?? []).includes(overlayFinalizer)) return;
    const preconditions = { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion };
    await request({
      method: "DELETE",
      place,
      body: { apiVersion: "v1", kind: "DeleteOptions", preconditions },
      signal,
    });
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
  }
}
