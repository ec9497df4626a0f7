// What an explored pod runs after reading its files: the sidecar's own rules, on a pod that is a value.
import { followFiles } from "@retriever/kubectl/toy/follow-files.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { OverlayObject, Pod } from "./world.ts";

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
  const seen = next.inForce === force ? pod.seen : "nothing";
  return { ...pod, force: next.inForce, vanished: next.isVanished, pinned: next.hasSource, seen };
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
