// Signs that another party changes the base or the overlay: the migration holds while they last.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { whoIsAhead } from "../overlay/epochs.ts";
import { renderOverlay } from "../overlay/revision.ts";
import { holdGuardClock } from "../steps/guard-clock.ts";
import { isAckOverdue } from "../steps/propagation.ts";
import { stay } from "../steps/transition.ts";

/** SourceChanged, OwnershipConflict, TimeTravel, in this order. */
export function conflicts(c: Context): Outcome | undefined {
  if (c.status.revision === undefined) return undefined;
  const found = sourceChanged(c) ?? ownershipConflict(c) ?? timeTravel(c);
  if (found === undefined || isOverdueCutover(c, found)) return undefined;
  return holdGuardClock(stay(c, "blocked", found.reason, found.message), c.nowIso);
}

type Conflict = { readonly reason: string; readonly message: string };

/** Two primaries must not wait for whoever took the overlay; only a lost rollback path keeps a late cutover where it is. */
function isOverdueCutover(c: Context, { reason }: Conflict): boolean {
  return c.status.phase === "CuttingOver" && reason !== "SourceChanged" && isAckOverdue(c);
}

function sourceChanged(c: Context): Conflict | undefined {
  if (c.rollbackReady.reason !== "SourceChanged") return undefined;
  return { reason: "SourceChanged", message: `held: ${c.rollbackReady.message}` };
}

function ownershipConflict(c: Context): Conflict | undefined {
  const overlay = c.observation.overlay.ok ? c.observation.overlay.value : null;
  if (overlay === null || overlay.foreignManagers.length === 0) return undefined;
  if (overlay.text === renderOverlay(c.meta, c.plan, c.status)?.text) return undefined;
  const managers = overlay.foreignManagers.join(", ");
  return {
    reason: "OwnershipConflict",
    message: `held: ${managers} changed the overlay; make it leave the key alone (a rollback takes it back by force)`,
  };
}

function timeTravel(c: Context): Conflict | undefined {
  const what = whoIsAhead(c);
  if (what === undefined) return undefined;
  return {
    reason: "TimeTravel",
    message: `held: ${what} but this status says ${c.status.epoch}; an older status was restored. Create an Abort act to return to the source`,
  };
}
