// A rollback that was written to the overlay while the status could not be.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { isWithinReach, nextEpoch } from "../overlay/epochs.ts";
import { dateCutover } from "../steps/date-cutover.ts";

/** The overlay carries a rollback that the status does not know, because it could not be written. */
export function adoptRollback(c: Context): Outcome | undefined {
  const overlay = c.observation.overlay.ok ? c.observation.overlay.value : null;
  const intent = overlay?.intent;
  const rollback = intent?.rollback ?? undefined;
  if (intent === undefined || intent === null || rollback === undefined) return undefined;
  if (intent.migrationUid !== c.meta.uid || intent.epoch <= c.status.epoch) return undefined;
  // Of an epoch that we can't have written only the rollback is taken: sidecars follow one whatever its epoch.
  const epoch = isWithinReach(intent.epoch, c) ? intent.epoch : nextEpoch(c);
  const { evidence: _evidence, acks: _acks, ...kept } = c.status;
  const message = "rolling back: taken up from the overlay, which was written while the status could not be";
  const status: MigrationStatus = {
    ...kept,
    phase: "RollingBack",
    phaseStartedAt: c.nowIso,
    epoch,
    revision: { epoch, primary: "source", shadow: "none", sampleRate: 0, released: false, at: c.nowIso },
    gates: [],
    ...dateCutover(c),
    rollback: {
      at: c.nowIso,
      from: c.status.phase,
      reason: rollback.reason,
      causes: [...rollback.causes],
      actor: rollback.actor,
    },
    message,
  };
  return {
    status,
    standing: "working",
    reason: "RollbackAdopted",
    announcements: [{ type: "Warning", reason: "RollbackAdopted", message, severity: "page" }],
    requeueAfterMs: 500,
  };
}
