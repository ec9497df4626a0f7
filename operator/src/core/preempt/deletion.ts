// A deleted migration goes only after the pods are safe; what it leaves behind is decided by phase and policy.

import type { Revision } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { isPastCutover, isRollingBack } from "../model/status-readings.ts";
import { isOfAnother, isSettled } from "../overlay/overlay-state.ts";
import { baseNamesServingStore, settle } from "../phases/settle.ts";
import { beginRollback } from "../steps/begin-rollback.ts";
import { isAckOverdue } from "../steps/propagation.ts";
import { stay } from "../steps/transition.ts";

/** Undefined while the migration isn't being deleted, and while its rollback still has pods to wait for. */
export function deletion(c: Context): Outcome | undefined {
  if (!c.meta.deleting) return undefined;
  const { revision } = c.status;
  if (revision === undefined || isSettled(c.status)) return leave(c, "nothingLeft", "nothing is in force");
  if (isFinalPhase(c.status.phase)) return cleanUp(c, revision);
  if (isKept(c)) {
    return leave(c, "abandonOverlay", "deletionPolicy is Keep: the pods go on serving from the destination");
  }
  // Whatever starts without an overlay reads the base, and the base names the source.
  if (nobodyServes(c)) return leave(c, "removeOverlay", "no pod of the target is left");
  // A person's Abort or Rollback does the same, and is named as the cause.
  if (!isRollingBack(c.status)) return c.status.acts?.latched === undefined ? rollBack(c) : undefined;
  const isStranded = c.acks.state === "none" && isAckOverdue(c);
  return isStranded ? leave(c, "removeOverlay", "no pod runs a sidecar") : undefined;
}

/** A person's Abort or Rollback outweighs the policy. */
function isKept({ status, plan }: Context): boolean {
  return isPastCutover(status) && plan.deletionPolicy === "Keep" && status.acts?.latched === undefined;
}

function rollBack(c: Context): Outcome {
  const causes = [`the migration was deleted in ${c.status.phase}`];
  return beginRollback(c, { reason: "Deleted", causes, actor: null });
}

/** After the end: the overlay is removed where the base says the same, else it stays as it is. */
function cleanUp(c: Context, revision: Revision): Outcome {
  const { overlay } = c.observation;
  if (!overlay.ok) return stay(c, "waiting", "NotObserved", `deleting: the overlay can't be read: ${overlay.why}`);
  if (overlay.value === null || isOfAnother(c.meta, overlay.value)) {
    return leave(c, "nothingLeft", "the overlay is gone");
  }
  if (nobodyServes(c) || isAckOverdue(c)) return leaveUnseen(c, revision);
  if (revision.released || baseNamesServingStore(c)) return settle(c);
  if (c.acks.state !== "all") {
    return stay(c, "waiting", "Propagating", "deleting: waiting for every pod to say which store its base names");
  }
  return leave(c, "abandonOverlay", "the base names another store than the one that serves; the overlay stays");
}

/** Not every pod can be asked. The overlay goes only where its going can't move a pod to another store. */
function leaveUnseen(c: Context, { primary, released }: Revision): Outcome {
  const isHarmless = primary === "source" || released;
  if (isHarmless && (nobodyServes(c) || c.acks.state === "none")) {
    return leave(c, "removeOverlay", "no pod of the target is left");
  }
  return leave(c, "abandonOverlay", "not every pod can be asked what its base names; the overlay stays");
}

function leave(c: Context, cleanup: NonNullable<Outcome["cleanup"]>, why: string): Outcome {
  return { ...stay(c, "working", "Deleting", `deleting: ${why}`), cleanup, requeueAfterMs: 1000 };
}

/** Positive knowledge that no pod of the target runs: it is gone, its namespace goes, or it is scaled to zero. */
function nobodyServes(c: Context): boolean {
  if (!c.observation.target.ok) return false;
  const target = c.observation.target.value;
  if (!target.found || target.namespaceTerminating) return true;
  return target.replicas === 0 && c.observation.pods.ok && c.observation.pods.value.length === 0;
}
