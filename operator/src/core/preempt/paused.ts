// A pause stops progress, but no rollback: harm, latched acts and conflicts are judged before it.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { holdGuardClock } from "../steps/guard-clock.ts";
import { stay } from "../steps/transition.ts";

export function paused(c: Context): Outcome | undefined {
  // A cutover in progress is finished or taken back; two primaries must not wait for a person.
  if (c.status.acts?.paused !== true || c.status.phase === "CuttingOver") return undefined;
  return holdGuardClock(stay(c, "waiting", "Paused", "paused by a person; create a Resume act to go on"), c.nowIso);
}
