// A deleted migration goes only after the pods are safe; what it leaves behind is decided by phase and policy.
import { beginRollback } from "../begin-rollback.ts";
import type { Context } from "../context.ts";
import { type Outcome, stay } from "../outcome.ts";
import { isPastCutover } from "../plan.ts";
import { baseNamesServingStore, settle } from "../settle.ts";

const finalPhases = new Set(["Completed", "RolledBack", "Validated"]);

export function deletion(c: Context): Outcome | undefined {
  if (!c.meta.deleting) return undefined;
  if (c.status.revision === undefined) return leave(c, "nothingLeft", "nothing was changed");
  if (nobodyServes(c)) return leave(c, "removeOverlay", "no pod of the target is left");
  if (finalPhases.has(c.status.phase)) return cleanUp(c);
  if (c.status.phase === "RollingBack") return undefined;
  if (isPastCutover(c.status) && c.plan.deletionPolicy === "Keep") {
    return leave(c, "abandonOverlay", "deletionPolicy is Keep: the pods go on serving from the destination");
  }
  return beginRollback(c, {
    reason: "Deleted",
    causes: [`the migration was deleted in ${c.status.phase}`],
    actor: null,
  });
}

/** After the end: the overlay is removed where the base says the same, else it stays as it is. */
function cleanUp(c: Context): Outcome {
  const overlay = c.observation.overlay.ok ? c.observation.overlay.value : undefined;
  if (c.status.revision?.released === true || baseNamesServingStore(c)) return settle(c);
  if (overlay === null) return leave(c, "nothingLeft", "the overlay is gone");
  return leave(c, "abandonOverlay", "the base names another store than the one that serves; the overlay stays");
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
