// What a reconcile sees of a primary that is being guarded: it decides on which clock the time around it counts.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { leastSevereFailures } from "../detection/severe-run.ts";
import type { Context } from "../model/context.ts";
import { hasBins, sumWindow } from "../pods/epoch-evidence.ts";
import type { GuardVisibility } from "../steps/guard-clock.ts";
import { spansOf } from "../time/evidence-spans.ts";

/** What this reconcile saw. A pause, and findings that don't act yet, make the time count nowhere. */
export function judgeVisibility(c: Context): GuardVisibility {
  const { detection } = spansOf(c.plan);
  const window = sumWindow(c.serving, c.status.epoch, detection);
  const isSeen = c.serving.every((pod) => hasBins(pod, c.status.epoch));
  if (c.acks.state !== "all" || window.counters === null || window.missing > 0 || !isSeen) return "unobserved";
  if (c.status.acts?.paused === true || c.harm.weighing.length > 0) return "held";
  return isNoticed(c, window.counters.requests, window.coveredSeconds) ? "watched" : "idle";
}

/**
 * Whether requests came so often that a total failure would be noticed within `guard.maxDetectionTime`: severe harm
 * takes so many failed requests. Right after the beginning it is reckoned with what came until then.
 */
function isNoticed({ plan }: Context, requests: number, coveredSeconds: number): boolean {
  const seconds = durationSeconds(plan.guard.maxDetectionTime);
  return requests > 0 && requests * seconds >= leastSevereFailures * Math.max(1, coveredSeconds);
}
