// What a look sees of a primary that is being guarded: it decides on which clock the time around it counts.

import { sumWindow } from "../evidence.ts";
import type { Context } from "../model/context.ts";
import { spansOf } from "../windows.ts";
import type { Sight } from "./guard-clock.ts";

/** What this look saw. A pause, and findings that don't act yet, make the time count nowhere. */
export function lookAround(c: Context): Sight {
  const window = sumWindow(c.serving, c.status.epoch, spansOf(c.plan).fast);
  if (c.acks.state !== "all" || window.counters === null || window.missing > 0) return "blind";
  if (c.status.acts?.paused === true || c.harm.weighing.length > 0) return "held";
  return window.counters.requests > 0 ? "healthy" : "idle";
}
