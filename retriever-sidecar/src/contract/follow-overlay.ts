// Which overlay a sidecar follows, and what it then serves: the rules on documents alone. The sidecar adds what its
// stores and credentials allow; whoever simulates a sidecar applies the same rules.
import type { Overlay, StoreName } from "./overlay.ts";

export type Following<File> =
  /** No overlay: the base alone. */
  | { readonly kind: "base" }
  | { readonly kind: "in-force"; readonly file: File }
  /** The file is gone without having been released: what it said stays in force. */
  | { readonly kind: "vanished"; readonly file: File }
  /** An older epoch is offered and not obeyed: what runs goes on unchanged. */
  | { readonly kind: "keep" };

/** How the rules read a file: as the caller keeps it. */
type Reader<File> = (file: File) => Pick<Overlay, "revision" | "released" | "rollback">;

/**
 * What a running sidecar does with the overlay that it finds; `offered` is null for no file, `inForce` while the base
 * alone is. A file that can't be read is no question here: what runs goes on unchanged.
 */
export function followOverlay<File>(
  offered: File | null,
  inForce: File | null,
  read: Reader<NoInfer<File>>,
): Following<File> {
  if (offered === null) {
    return inForce === null || read(inForce).released ? { kind: "base" } : { kind: "vanished", file: inForce };
  }
  return inForce !== null && isOlder(read(offered), read(inForce))
    ? { kind: "keep" }
    : { kind: "in-force", file: offered };
}

/**
 * An epoch rises. A lower one of the same migration is an old copy, and obeying it could undo a rollback. A rollback itself
 * is never older: it sends requests to the source alone, and an epoch that somebody made up must not be out of its reach.
 */
function isOlder(
  { revision: next, rollback }: Pick<Overlay, "revision" | "rollback">,
  { revision: last }: Pick<Overlay, "revision">,
): boolean {
  return rollback !== true && last.migrationUid === next.migrationUid && next.epoch < last.epoch;
}

/** What a sidecar does with its stores. */
export type Serving = Pick<Overlay, "primary" | "shadow" | "sampleRate">;

/**
 * What a sidecar serves under an overlay; `hasSource`: it has an adapter of the store that the migration began with.
 * Without one it asks no shadow, and where the source should be primary it doesn't follow: null, its base serves.
 */
export function servingOf({ primary, shadow, sampleRate }: Serving, hasSource: boolean): Serving | null {
  if (!hasSource && primary === "source") return null;
  const kept: StoreName | "none" = hasSource ? shadow : "none";
  return { primary, shadow: kept, sampleRate: kept === "none" ? 0 : sampleRate };
}
