// Whether an overlay is still this migration's: settled, removed, or taken over by another migration.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
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

/** The overlay there belongs to a later migration. */
export function isOfAnother(meta: MigrationMeta, overlay: OverlayObservation | null): boolean {
  const document = overlay?.document ?? undefined;
  return document !== undefined && document.revision.migrationUid !== meta.uid;
}
