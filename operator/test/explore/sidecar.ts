// What an explored pod runs after reading its files: the sidecar's own rules, on a pod that is a value.
import { followFiles, type Running, startFrom } from "@retriever/kubectl/toy/follow-files.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Doc } from "./plan.ts";
import type { OverlayObject, Pod } from "./world.ts";

/** Evidence of an epoch that has just begun. */
const nothingCounted = { seen: "nothing", unread: [], read: false } as const;

type Files = { readonly overlay: OverlayObject | null; readonly base: StoreName };

/** A running pod reads its files, at an instant. */
export function follow(pod: Pod, at: Files, nowMs: number): Pod {
  if (pod.deaf) return pod;
  const { force, vanished, pinned, fenced, startedAtMs } = pod;
  const running = { inForce: force, isVanished: vanished, fenced, hasSource: pinned };
  const next = followFiles(running, filesOf(at), { startedAtMs, nowMs });
  const isSame =
    next.inForce === force && next.isVanished === vanished && next.fenced === fenced && next.hasSource === pinned;
  if (isSame) return pod;
  const counted = next.inForce === force ? {} : nothingCounted;
  return { ...pod, ...stateOf(next), ...counted };
}

/** A process begins anew: nothing in memory, the files as they are. */
export function restart(pod: Pod, at: Files, nowMs: number): Pod {
  return {
    ...pod,
    ...stateOf(startFrom(filesOf(at))),
    startedAtMs: nowMs,
    ...nothingCounted,
    counted: false,
    deaf: false,
  };
}

function filesOf({ overlay, base }: Files) {
  return { overlay: overlay === null ? null : (overlay.doc ?? "invalid"), isBaseSource: base === "source" } as const;
}

function stateOf({ inForce, isVanished, fenced, hasSource }: Running<Doc>): Partial<Pod> {
  return { force: inForce, vanished: isVanished, fenced, pinned: hasSource };
}
