// A rollback that has begun is finished before anything else is looked at.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { isRollingBack } from "../model/status-readings.ts";
import { rollingBack } from "../phases/rolling-back.ts";

export function rollbackInProgress(c: Context): Outcome | undefined {
  if (isRollingBack(c.status)) return rollingBack(c);
  return adopt(c);
}

/** The overlay carries a rollback that the status never heard of, because the status couldn't be written. */
function adopt(c: Context): Outcome | undefined {
  const overlay = c.observation.overlay.ok ? c.observation.overlay.value : null;
  const intent = overlay?.intent;
  const rollback = intent?.rollback ?? undefined;
  if (intent === undefined || intent === null || rollback === undefined) return undefined;
  if (intent.migrationUid !== c.meta.uid || intent.epoch <= c.status.epoch) return undefined;
  const { evidence: _evidence, acks: _acks, ...kept } = c.status;
  const message = "rolling back: taken up from the overlay, which was written while the status could not be";
  const status: MigrationStatus = {
    ...kept,
    phase: "RollingBack",
    phaseStartedAt: c.nowIso,
    epoch: intent.epoch,
    revision: { epoch: intent.epoch, primary: "source", shadow: "none", sampleRate: 0, released: false, at: c.nowIso },
    gates: [],
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
    announcements: [{ type: "Warning", reason: "RollbackAdopted", message, page: true }],
    requeueAfterMs: 500,
  };
}
