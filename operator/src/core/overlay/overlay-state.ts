// Whether an overlay is still this migration's: settled, removed, or taken over by another migration.
import type { MigrationStatus, Revision } from "@retriever/crds/status/migration-status.ts";
import { isSameData } from "../model/deep-equal.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import type { OverlayObservation } from "../model/workload.ts";

/** Nothing of the migration is in force any more; what comes to the target later belongs to others. */
export function isSettled(status: MigrationStatus): boolean {
  return status.conditions.some(({ type, status }) => type === "Settled" && status === "True");
}

/** Released and removed, or long settled: no pod has to follow it any more. */
export function isOverlayGone(status: MigrationStatus, { overlay }: Observation): boolean {
  return isSettled(status) || (status.revision?.released === true && overlay.ok && overlay.value === null);
}

/**
 * Other field managers have the overlay's key, and by more than a copy of ours as a restore leaves it: either the text is
 * the wanted one, or nobody has written the object since the revision before it was found there.
 */
export function isSeized({ foreignManagers, text, version }: OverlayObservation, wanted: Wanted): boolean {
  if (foreignManagers.length === 0 || text === wanted.text) return false;
  return version === undefined || !isSameData(version, wanted.replaces);
}

type Wanted = { readonly text: string | undefined; readonly replaces: Revision["replaces"] };

/** No operator has made it: there is nothing in it that a sidecar reads, nor what an operator leaves on its own. */
export function isStrangers({ document, intent, hasFinalizer }: OverlayObservation): boolean {
  return document === null && intent === null && !hasFinalizer;
}

/** The overlay there belongs to a later migration. */
export function isOfAnother(meta: MigrationMeta, overlay: OverlayObservation | null): boolean {
  const document = overlay?.document ?? undefined;
  return document !== undefined && document.revision.migrationUid !== meta.uid;
}
