// Pods that serve the source after the cutover though nothing fences them, so that users get answers of two stores, and
// pods that a mesh has closed to the operator. They hold nothing up, so whatever else answers, somebody is told.

import { isSameStore } from "@retriever/stores/config/identity.ts";
import type { Context } from "../model/context.ts";
import type { Announcement, Outcome } from "../model/decision.ts";
import { isPastCutover, isRollingBack } from "../model/status-readings.ts";
import { isSettled } from "../overlay/overlay-state.ts";
import { toleratedPods } from "../pods/acks.ts";
import { mostLiars } from "../pods/fair-share.ts";
import { describePlainTextRefused, plainTextReason } from "../pods/plain-text.ts";
import { nameSome } from "../pods/pods.ts";
import { isAckOverdue } from "../steps/propagation.ts";

const reason = "TwoPrimaries";
const mostMessage = 300;

/** The outcome, with an announcement of either once an epoch. */
export function tellStrays(c: Context, outcome: Outcome): Outcome {
  return tellRefused(c, tellReturned(c, tellUnfenced(c, outcome)));
}

/** A page where more pods are behind than the fleet can do without. */
function tellUnfenced(c: Context, outcome: Outcome): Outcome {
  const early = straysOf(c);
  const answering = c.serving.filter(({ status }) => status.ok).length;
  if (early.length > 0 && early.length <= mostLiars(answering)) {
    const message = `${nameSome(early)} of ${c.serving.length} pods say that they serve the destination by an overlay that is none of this status: nobody follows a few of them; restart them`;
    return tellOnce(c, outcome, { reason, message, severity: "ticket" });
  }
  const strays = laggardsOf(c);
  if (strays.length === 0) return outcome;
  const isPage = strays.length > toleratedPods(c.plan, c.serving.length - c.acks.lost.length);
  const message = `${nameSome(strays)} of ${c.serving.length} pods serve the source, and the others the destination; nothing fences them: find out why they don't read the overlay, or restart them`;
  return tellOnce(c, outcome, { reason, message, severity: isPage ? "page" : "ticket" });
}

/**
 * A rollback that has ended doesn't wait for pods that never read it. Where the process of one begins anew with an overlay of
 * the cutover, it serves the destination.
 */
function tellReturned(c: Context, outcome: Outcome): Outcome {
  const { rollback, takenBack, phase, source } = c.status;
  const isOver = (rollback ?? takenBack) !== undefined && !isRollingBack(c.status) && !isPastCutover(c.status);
  if (!isOver || phase === "CuttingOver" || source === undefined) return outcome;
  const returned = c.serving.flatMap(({ name, status: read }) => {
    if (!read.ok || read.value.config.migrationUid !== c.meta.uid) return [];
    const { primaryIdentity, epoch } = read.value.config;
    return epoch < c.status.epoch && !isSameStore(primaryIdentity, source) ? [name] : [];
  });
  const message = `${nameSome(returned)} of ${c.serving.length} pods serve the destination by an overlay from before the rollback: what is in their volumes is old; delete them`;
  // The end of a rollback has several epochs.
  const isSaid = c.status.history.some((one) => one.reason === reason && one.message === message.slice(0, mostMessage));
  if (returned.length === 0 || isSaid) return outcome;
  return tellOnce(c, outcome, { reason, message, severity: "page" });
}

/** After the cutover; before it they hold it up. */
function tellRefused(c: Context, outcome: Outcome): Outcome {
  const message = describePlainTextRefused(c.serving);
  if (message === undefined || c.status.revision?.primary !== "destination") return outcome;
  return tellOnce(c, outcome, { reason: plainTextReason, message, severity: "ticket" });
}

function tellOnce(c: Context, outcome: Outcome, told: Omit<Announcement, "type">): Outcome {
  const { phase, epoch } = c.status;
  const { history } = outcome.status;
  const isMoved = outcome.status.phase !== phase || outcome.status.epoch !== epoch;
  const isTold = history.some((one) => one.reason === told.reason && one.epoch === epoch);
  if (isMoved || isTold || outcome.reason === told.reason) return outcome;
  const entry = { at: c.nowIso, phase, epoch, reason: told.reason, message: told.message.slice(0, mostMessage) };
  return {
    ...outcome,
    status: { ...outcome.status, history: [...history, entry].slice(-20) },
    announcements: [...outcome.announcements, { type: "Warning", ...told }],
  };
}

/** Names of pods that answer, are at the source, and have had longer than `cutover.ackTimeout` to follow. */
function laggardsOf(c: Context): string[] {
  const { phase, revision } = c.status;
  const isServed = phase === "Guard" || (phase === "Completed" && !isSettled(c.status));
  if (!isServed || revision?.primary !== "destination" || revision.released) return [];
  if (c.acks.state !== "quorum" && !isAckOverdue(c)) return [];
  const behind = new Set([...c.acks.lagging, ...c.acks.lost]);
  return c.serving.flatMap(({ name, status: read }) =>
    behind.has(name) && read.ok && read.value.config.primary === "source" ? [name] : [],
  );
}

/** Names of pods of ours that claim to serve users from the destination, by a later epoch, while nobody has cut over. */
export function straysOf({ meta, status, serving }: Context): string[] {
  if (status.revision === undefined || isPastCutover(status)) return [];
  return serving.flatMap(({ name, status: read }) => {
    if (!read.ok) return [];
    const { migrationUid, primary, epoch } = read.value.config;
    return migrationUid === meta.uid && primary === "destination" && epoch > status.epoch ? [name] : [];
  });
}
