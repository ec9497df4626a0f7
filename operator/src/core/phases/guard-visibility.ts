// What a reconcile sees of a primary that is being guarded: it decides on which clock the time around it counts.

import type { Context } from "../model/context.ts";
import { sumWindow } from "../pods/epoch-evidence.ts";
import type { GuardVisibility } from "../steps/guard-clock.ts";
import { spansOf } from "../time/evidence-spans.ts";

/** What this reconcile saw. A pause, and findings that don't act yet, make the time count nowhere. */
export function judgeVisibility(c: Context): GuardVisibility {
  const window = sumWindow(c.serving, c.status.epoch, spansOf(c.plan).fast);
  if (c.acks.state !== "all" || window.counters === null || window.missing > 0) return "blind";
  if (c.status.acts?.paused === true || c.harm.weighing.length > 0) return "held";
  return window.counters.requests > 0 ? "healthy" : "idle";
}
