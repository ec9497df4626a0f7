// Pods that serve the source after the cutover though nothing fences them: users get answers of two stores, and nobody
// decided that. They hold nothing up, so whatever else answers, somebody is told.
import type { Context } from "../model/context.ts";
import type { Announcement, Outcome } from "../model/decision.ts";
import { isSettled } from "../overlay/overlay-state.ts";
import { toleratedPods } from "../pods/acks.ts";
import { nameSome } from "../pods/pods.ts";
import { isAckOverdue } from "../steps/propagation.ts";

const reason = "TwoPrimaries";

/** The outcome, with an announcement once an epoch. A page where more pods are behind than the fleet can do without. */
export function tellStrays(c: Context, outcome: Outcome): Outcome {
  const { phase, epoch, history } = c.status;
  const strays = straysOf(c);
  const isMoved = outcome.status.phase !== phase || outcome.status.epoch !== epoch;
  const isTold = outcome.reason === reason || history.some((one) => one.reason === reason && one.epoch === epoch);
  if (strays.length === 0 || isMoved || isTold) return outcome;
  const isPage = strays.length > toleratedPods(c.plan, c.serving.length - c.acks.lost.length);
  const message = `${nameSome(strays)} of ${c.serving.length} pods serve the source, and the others the destination; nothing fences them: find out why they don't read the overlay, or restart them`;
  const told: Announcement = { type: "Warning", reason, message, severity: isPage ? "page" : "ticket" };
  const entry = { at: c.nowIso, phase, epoch, reason, message: message.slice(0, 300) };
  return {
    ...outcome,
    status: { ...outcome.status, history: [...outcome.status.history, entry].slice(-20) },
    announcements: [...outcome.announcements, told],
  };
}

/** Names of pods that answer, are at the source, and have had longer than `cutover.ackTimeout` to follow. */
function straysOf(c: Context): string[] {
  const { phase, revision } = c.status;
  const isServed = phase === "Guard" || (phase === "Completed" && !isSettled(c.status));
  if (!isServed || revision?.primary !== "destination" || revision.released) return [];
  if (c.acks.state !== "quorum" && !isAckOverdue(c)) return [];
  const behind = new Set([...c.acks.lagging, ...c.acks.lost]);
  return c.serving.flatMap(({ name, status: read }) =>
    behind.has(name) && read.ok && read.value.config.primary === "source" ? [name] : [],
  );
}
