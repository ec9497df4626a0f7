// The sidecar's rules of base and overlay, as small as they can be written: what a pod runs after looking at its files.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Doc } from "./plan.ts";
import type { OverlayObject, Pod } from "./world.ts";

/** A running pod looks at its files. */
export function follow(pod: Pod, overlay: OverlayObject | null, base: StoreName): Pod {
  if (pod.deaf) return pod;
  // Without an overlay the base's store is the running one, whatever it was before.
  const pinned = base === "source" || (pod.force !== null && pod.pinned);
  const pinning = pinned === pod.pinned ? pod : { ...pod, pinned };
  if (overlay === null) return withoutFile(pinning);
  if (overlay.doc === null) return pinning;
  return takeOver(pinning, overlay.doc);
}

/** A process begins anew: nothing in memory, the files as they are. */
export function restart(pod: Pod, overlay: OverlayObject | null, base: StoreName): Pod {
  const fresh: Pod = {
    ...pod,
    force: null,
    vanished: false,
    pinned: base === "source",
    seen: "nothing",
    counted: false,
  };
  return follow({ ...fresh, deaf: false }, overlay, base);
}

function withoutFile(pod: Pod): Pod {
  if (pod.force === null) return pod;
  if (pod.force.document.released) return { ...pod, force: null, vanished: false, seen: "nothing" };
  return pod.vanished ? pod : { ...pod, vanished: true };
}

function takeOver(pod: Pod, doc: Doc): Pod {
  const last = pod.force?.document.revision.epoch ?? 0;
  if (doc.document.revision.epoch < last) return pod;
  // The base has another store than the migration began with: it serves, and the overlay stays unacknowledged.
  if (doc.document.primary === "source" && !pod.pinned)
    return { ...pod, force: null, vanished: false, seen: "nothing" };
  if (pod.force === doc) return pod.vanished ? { ...pod, vanished: false } : pod;
  return { ...pod, force: doc, vanished: false, seen: "nothing" };
}
