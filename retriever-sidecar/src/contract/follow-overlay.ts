// Which overlay a sidecar follows, and what it then serves: the rules on documents alone. The sidecar adds what its
// stores and credentials allow; whoever simulates a sidecar applies the same rules.
import type { Overlay, StoreName } from "./overlay.ts";

export type Following<File> =
  /** No overlay: the base alone. */
  | { readonly kind: "base" }
  | { readonly kind: "in-force"; readonly file: File }
  /** The file is gone without having been released: what it said stays in force. */
  | { readonly kind: "vanished"; readonly file: File }
  /** Its `activationDeadline` had passed when it was first read: what runs goes on unchanged, and says so. */
  | { readonly kind: "fenced"; readonly epoch: number }
  /** An older epoch is offered and not obeyed: what runs goes on unchanged. */
  | { readonly kind: "keep" };

/** How the rules read a file: as the caller keeps it. */
type Words = Pick<Overlay, "revision" | "released" | "primary" | "activationDeadline" | "rollback">;
type Reader<File> = (file: File) => Words;

/** The process that reads, epoch ms by the clock of its evidence: the pod's wall clock as it was at the start, run on. */
export type ReadingProcess = {
  /** When it began to serve. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Epoch that it has refused to follow since; null: none. A clock that steps back undoes nothing. */
  readonly fenced: number | null;
};

/**
 * What a running sidecar does with the overlay that it finds; `offered` is null for no file, `inForce` while the base
 * alone is. A file that can't be read is no question here: what runs goes on unchanged. Neither is a start: what serves
 * nothing yet has nothing to keep, and takes what it finds.
 */
export function followOverlay<File>(
  offered: File | null,
  inForce: File | null,
  read: Reader<NoInfer<File>>,
  process: ReadingProcess,
): Following<File> {
  const last = inForce === null ? null : read(inForce);
  if (offered === null) {
    return inForce === null || last?.released === true ? { kind: "base" } : { kind: "vanished", file: inForce };
  }
  const next = read(offered);
  if (last !== null && isOlder(next, last)) return { kind: "keep" };
  if (isFenced(next, last, process)) return { kind: "fenced", epoch: next.revision.epoch };
  return { kind: "in-force", file: offered };
}

/**
 * The operator went on without whoever did not follow a cutover in its time, and tells people that those serve the
 * source; a pod that moves to the destination long afterwards, by itself, would belie it. Who serves the destination
 * already has nothing to be held back from, and a process that began after the deadline took what it found.
 */
function isFenced(next: Words, last: Words | null, { startedAtMs, nowMs, fenced }: ReadingProcess): boolean {
  const { activationDeadline, primary, released, revision } = next;
  if (activationDeadline === undefined || primary === "source" || released) return false;
  if (last?.primary === "destination" && last.revision.migrationUid === revision.migrationUid) return false;
  const deadlineMs = Date.parse(activationDeadline);
  return startedAtMs <= deadlineMs && (nowMs > deadlineMs || fenced === revision.epoch);
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
