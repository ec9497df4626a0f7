// How far the revision in force has come, in words.
import { durationSeconds } from "@retriever/crds/duration.ts";
import type { Acks } from "./acks.ts";
import type { Context } from "./context.ts";
import { secondsSince } from "./outcome.ts";
import { nameSome } from "./pods.ts";

/** Whether pods have had longer than `cutover.ackTimeout` to follow. */
export function isAckOverdue(c: Context): boolean {
  return c.acks.state !== "all" && secondsSince(c, c.status.revision?.at) > durationSeconds(c.plan.cutover.ackTimeout);
}

/** `2 of 3 pods follow; lagging: a, b`. */
export function describeAcks(acks: Acks): string {
  if (acks.state === "unknown") return "pods can't be listed";
  if (acks.state === "none") return "there is no pod with a running sidecar, and an empty set is unknown";
  const lagging = acks.lagging.length > 0 ? `; lagging: ${nameSome(acks.lagging)}` : "";
  const lost = acks.lost.length > 0 ? `; on lost nodes: ${nameSome(acks.lost)}` : "";
  return `${acks.matched} of ${acks.pods} pods follow${lagging}${lost}`;
}
