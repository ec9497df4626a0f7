// A person's Abort or Rollback, once taken, is latched: no later act revokes it.

import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { beginRollback } from "../steps/begin-rollback.ts";

export function latched(c: Context): Outcome | undefined {
  const act = c.status.acts?.latched;
  if (act === undefined) return undefined;
  const why = act.reason === "" ? `${act.act} by ${act.actor}` : `${act.act} by ${act.actor}: ${act.reason}`;
  return beginRollback(c, {
    reason: act.act === "Abort" ? "Aborted" : "RollbackRequested",
    causes: [why],
    actor: act.actor,
  });
}
