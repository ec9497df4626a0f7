// A simulated sidecar and its files: the contract's rules, and where its adapter of the source comes from.
import { type Following, followOverlay, servingOf } from "@retriever/sidecar/contract/follow-overlay.ts";
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";

type OverlayFile = { readonly document: Overlay };

/** What a simulated sidecar runs. */
export type Running<File extends OverlayFile> = {
  /** The overlay in force; null: the base alone. */
  readonly inForce: File | null;
  /** The file of the overlay in force is gone without having been released. */
  readonly isVanished: boolean;
  /** It has an adapter of the store that the migration began with. */
  readonly hasSource: boolean;
};

export type ConfigFiles<File> = {
  readonly overlay: File | null | "invalid";
  /** The base's primary is still the store that the migration began with. */
  readonly isBaseSource: boolean;
};

/** What runs after a look at the files. A sidecar that runs its base alone keeps no other store's adapter. */
export function followFiles<File extends OverlayFile>(
  running: Running<File>,
  { overlay, isBaseSource }: ConfigFiles<File>,
): Running<File> {
  const { inForce } = running;
  const hasSource = isBaseSource || (inForce !== null && running.hasSource);
  const following: Following<File> =
    overlay === "invalid" ? { kind: "keep" } : followOverlay(overlay, inForce, (file) => file.document);
  if (following.kind === "keep") return { ...running, hasSource };
  if (following.kind === "base" || servingOf(following.file.document, hasSource) === null)
    return { inForce: null, isVanished: false, hasSource };
  return { inForce: following.file, isVanished: following.kind === "vanished", hasSource };
}
