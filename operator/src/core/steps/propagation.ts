// Whether the pods follow the revision in force, how long that takes already, and the words for it.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Acks, Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { secondsSince } from "../model/status-readings.ts";
import { nameSome } from "../pods/pods.ts";
import { stay } from "./transition.ts";

/**
 * Whether pods have had longer than `cutover.ackTimeout` to follow. A pod that came, or fell silent, after all had
 * followed gets as long again, counted from the reconcile that found it.
 */
export function isAckOverdue(c: Context): boolean {
  if (c.acks.state === "all") return false;
  const waiting = Math.min(secondsSince(c, c.status.revision?.at), secondsSince(c, lastAllFollowed(c)));
  return waiting > durationSeconds(c.plan.cutover.ackTimeout);
}

/** When the last status that said "all pods follow" ceased to be true. */
function lastAllFollowed(c: Context): string {
  const stored = c.migration.status.conditions.find(({ type }) => type === "ConfigPropagated");
  return stored === undefined || stored.status === "True" ? c.nowIso : stored.lastTransitionTime;
}

/** `2 of 3 pods follow; lagging: a, b`. */
export function describeAcks(acks: Acks): string {
  if (acks.state === "unknown") return "pods can't be listed";
  if (acks.state === "none") return "there is no pod with a running sidecar, and an empty set is unknown";
  const lagging = acks.lagging.length > 0 ? `; lagging: ${nameSome(acks.lagging)}` : "";
  const lost = acks.lost.length > 0 ? `; on lost nodes: ${nameSome(acks.lost)}` : "";
  return `${acks.matched} of ${acks.pods} pods follow${lagging}${lost}`;
}

/** Nothing goes on before every pod follows; says who doesn't. */
export function awaitAcks(c: Context): Outcome {
  const message = `waiting for every pod to follow epoch ${c.status.epoch}: ${describeAcks(c.acks)}`;
  return stay(c, isAckOverdue(c) ? "blocked" : "working", "Propagating", message);
}
