// What a reconcile sees of a primary that is being guarded: it decides on which clock the time around it counts.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { failuresToLeave } from "../detection/severe-run.ts";
import type { Context } from "../model/context.ts";
import type { PodObservation } from "../model/workload.ts";
import { toleratedPods } from "../pods/acks.ts";
import { hasBins, sumWindow } from "../pods/epoch-evidence.ts";
import type { GuardVisibility } from "../steps/guard-clock.ts";
import { isAckOverdue, isFollowed } from "../steps/propagation.ts";
import { spansOf } from "../time/evidence-spans.ts";

/** What this reconcile saw. A pause, and findings that don't act yet, make the time count nowhere. */
export function judgeVisibility(c: Context): GuardVisibility {
  const { detection } = spansOf(c.plan);
  const window = sumWindow(c.serving, c.status.epoch, detection);
  if (window.counters === null || !areEnoughSeen(c)) return "unobserved";
  if (c.status.acts?.paused === true || c.harm.weighing.length > 0) return "held";
  return isNoticed(c, window.counters.requests, window.coveredSeconds) ? "watched" : "idle";
}

/** Every pod that serves, or nearly every one once the others have had their time: one of a thousand blinds nobody. */
function areEnoughSeen(c: Context): boolean {
  const { acks, plan, serving, status } = c;
  const behind = new Set([...acks.lagging, ...acks.lost, ...acks.fenced]);
  const { detection } = spansOf(plan);
  const isSeen = (pod: PodObservation) =>
    !behind.has(pod.name) && hasBins(pod, status.epoch) && sumWindow([pod], status.epoch, detection).missing === 0;
  const unseen = serving.filter((pod) => !isSeen(pod));
  if (unseen.length === 0) return acks.state === "all";
  const isPatient = !isFollowed(c) && !isAckOverdue(c);
  if (isPatient || acks.state === "none" || acks.state === "unknown") return false;
  // Fenced pods serve the source: they hide nothing of the destination, also where one comes back from a lost node.
  const away = acks.lost.length + acks.fenced.length;
  const running = serving.length - away;
  return unseen.length - away <= toleratedPods(plan, running);
}

/**
 * Whether requests came so often that a total failure would be noticed within `guard.maxDetectionTime`: so many have to
 * fail before a dead destination is left. Right after the beginning it is reckoned with what came until then.
 */
function isNoticed({ plan }: Context, requests: number, coveredSeconds: number): boolean {
  const seconds = durationSeconds(plan.guard.maxDetectionTime);
  return requests > 0 && requests * seconds >= failuresToLeave * Math.max(1, coveredSeconds);
}
