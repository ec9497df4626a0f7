// A simulated sidecar and its files: the contract's rules, and where its adapter of the source comes from.
import {
  type Following,
  followOverlay,
  type ReadingProcess,
  servingOf,
} from "@retriever/sidecar/contract/follow-overlay.ts";
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";

type OverlayFile = { readonly document: Overlay };

/** What a simulated sidecar runs. */
export type Running<File extends OverlayFile> = {
  /** The overlay in force; null: the base alone. */
  readonly inForce: File | null;
  /** The file of the overlay in force is gone without having been released. */
  readonly isVanished: boolean;
  /** Epoch of an overlay that came too late to be followed; null: none. */
  readonly fenced: number | null;
  /** It has an adapter of the store that the migration began with. */
  readonly hasSource: boolean;
};

/** By the pod's wall clock. */
type ReadingTime = Pick<ReadingProcess, "startedAtMs" | "nowMs">;

export type ConfigFiles<File> = {
  readonly overlay: File | null | "invalid";
  /** The base's primary is still the store that the migration began with. */
  readonly isBaseSource: boolean;
};

/** What runs once the files were read. A sidecar that runs its base alone keeps no other store's adapter. */
export function followFiles<File extends OverlayFile>(
  running: Running<File>,
  { overlay, isBaseSource }: ConfigFiles<File>,
  time: ReadingTime,
): Running<File> {
  const { inForce, fenced } = running;
  const hasSource = isBaseSource || (inForce !== null && running.hasSource);
  if (overlay === "invalid") return { ...running, hasSource };
  const process = { ...time, fenced };
  const following: Following<File> = followOverlay(overlay, inForce, (file) => file.document, process);
  if (following.kind === "keep") return { ...running, fenced: null, hasSource };
  if (following.kind === "fenced") return { ...running, fenced: following.epoch, hasSource };
  if (following.kind === "base" || servingOf(following.file.document, hasSource) === null)
    return { inForce: null, isVanished: false, fenced: null, hasSource };
  return { inForce: following.file, isVanished: following.kind === "vanished", fenced: null, hasSource };
}

/** What a process runs that has just begun, once it has read its files: it serves nothing that it could keep. */
export function startFrom<File extends OverlayFile>(files: ConfigFiles<File>): Running<File> {
  const nothing = { inForce: null, isVanished: false, fenced: null, hasSource: files.isBaseSource };
  return followFiles(nothing, files, { startedAtMs: Number.POSITIVE_INFINITY, nowMs: 0 });
}
