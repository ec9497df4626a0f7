// What an explored pod runs after reading its files: the sidecar's own rules, on a pod that is a value.
import { followFiles } from "@retriever/kubectl/toy/follow-files.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { OverlayObject, Pod } from "./world.ts";

/** Evidence of an epoch that has just begun. */
const nothingCounted = { seen: "nothing", unread: [], read: false } as const;

/** A running pod reads its files. */
export function follow(pod: Pod, overlay: OverlayObject | null, base: StoreName): Pod {
  if (pod.deaf) return pod;
  const { force, vanished, pinned } = pod;
  const files = {
    overlay: overlay === null ? null : (overlay.doc ?? "invalid"),
    isBaseSource: base === "source",
  } as const;
  const next = followFiles({ inForce: force, isVanished: vanished, hasSource: pinned }, files);
  const isSame = next.inForce === force && next.isVanished === vanished && next.hasSource === pinned;
  if (isSame) return pod;
  const counted = next.inForce === force ? {} : nothingCounted;
  return { ...pod, force: next.inForce, vanished: next.isVanished, pinned: next.hasSource, ...counted };
}

/** A process begins anew: nothing in memory, the files as they are. */
export function restart(pod: Pod, overlay: OverlayObject | null, base: StoreName): Pod {
  const fresh: Pod = {
    ...pod,
    force: null,
    vanished: false,
    pinned: base === "source",
    ...nothingCounted,
    counted: false,
  };
  return follow({ ...fresh, deaf: false }, overlay, base);
}
