// Signs that another party changes the base or the overlay: the migration holds while they last.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { isPastCutover } from "../model/status-readings.ts";
import { whoIsAhead } from "../overlay/epochs.ts";
import { isSeized } from "../overlay/overlay-state.ts";
import { renderOverlay } from "../overlay/revision.ts";
import { mostLiars } from "../pods/fair-share.ts";
import { answeredStatuses, nameSome } from "../pods/pods.ts";
import { holdGuardClock } from "../steps/guard-clock.ts";
import { isAckOverdue } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { straysOf } from "./strays.ts";

/** SourceChanged, OwnershipConflict, TimeTravel or TwoPrimaries, in this order. */
export function conflicts(c: Context): Outcome | undefined {
  if (c.status.revision === undefined) return undefined;
  const found = sourceChanged(c) ?? ownershipConflict(c) ?? timeTravel(c);
  if (found === undefined || isOverdueCutover(c, found)) return undefined;
  const held = holdGuardClock(stay(c, "blocked", found.reason, found.message), c.nowIso);
  if (found.reason === "TwoPrimaries") return callOnce(c, held);
  return isUnwatched(c) ? callOnceAnEpoch(c, found, held) : held;
}

/** The conflict may have been shown before it left the destination unwatched, so the history remembers the call. */
function callOnceAnEpoch(c: Context, { reason, message }: Conflict, held: Outcome): Outcome {
  const { phase, epoch, history } = c.status;
  if (history.some((entry) => entry.reason === reason && entry.epoch === epoch)) return held;
  const words = `${message}. Nothing watches the destination meanwhile; a Rollback act goes back`;
  return holdGuardClock(move(c, { phase, reason, message: words, standing: "blocked", severity: "page" }), c.nowIso);
}

/** Pods serve from the destination under a document that isn't ours: their evidence is of another epoch, so no harm is seen. */
function isUnwatched({ meta, status, serving }: Context): boolean {
  if (!isPastCutover(status)) return false;
  return serving.some(({ status: read }) => {
    if (!read.ok || read.value.config.migrationUid !== meta.uid) return false;
    return read.value.config.epoch > status.epoch;
  });
}

/** Users get answers of two stores: a person is called, once for as long as it lasts. */
function callOnce(c: Context, held: Outcome): Outcome {
  const { reason, status } = held;
  const isSaid = c.migration.status.conditions.some((one) => one.type === "Ready" && one.reason === reason);
  return isSaid
    ? held
    : { ...held, announcements: [{ type: "Warning", reason, message: status.message, severity: "page" }] };
}

type Conflict = { readonly reason: string; readonly message: string };

/**
 * Two primaries must not wait for whoever took the overlay; only a lost rollback path keeps a late cutover where it is.
 * With a quorum the cutover ends too: who was left behind is fenced, and the guard waits instead.
 */
function isOverdueCutover(c: Context, { reason }: Conflict): boolean {
  const isOver = isAckOverdue(c) || c.acks.state === "quorum";
  return c.status.phase === "CuttingOver" && reason !== "SourceChanged" && isOver;
}

function sourceChanged(c: Context): Conflict | undefined {
  if (c.rollbackReady.reason !== "SourceChanged") return undefined;
  return { reason: "SourceChanged", message: `held: ${c.rollbackReady.message}` };
}

function ownershipConflict(c: Context): Conflict | undefined {
  const overlay = c.observation.overlay.ok ? c.observation.overlay.value : null;
  const text = renderOverlay(c.meta, c.plan, c.status)?.text;
  if (overlay === null || !isSeized(overlay, { text, replaces: c.status.revision?.replaces })) return undefined;
  const managers = overlay.foreignManagers.join(", ");
  return {
    reason: "OwnershipConflict",
    message: `held: ${managers} changed the overlay; make it leave the key alone (a rollback takes it back by force)`,
  };
}

function timeTravel(c: Context): Conflict | undefined {
  const strays = straysOf(c);
  const isSpread = strays.length > mostLiars(answeredStatuses(c.observation).length);
  const what = whoIsAhead(c) ?? (isSpread ? `pod ${strays[0]} is at a later epoch` : undefined);
  if (what === undefined) return undefined;
  const end = `but this status says ${c.status.epoch}; an older status was restored. Create an Abort act to return to the source`;
  const split = describeSplit(c);
  return split === undefined
    ? { reason: "TimeTravel", message: `held: ${what} ${end}` }
    : { reason: "TwoPrimaries", message: `held: ${split}: ${what} ${end}` };
}

/** Pods that started since have read the older overlay, the others keep the later one. A third may say so of itself alone. */
function describeSplit({ observation, status }: Context): string | undefined {
  const answered = answeredStatuses(observation);
  const on = (primary: StoreName): string[] =>
    answered.flatMap((pod) => (pod.config.primary === primary ? [pod.podName] : []));
  const [source, destination] = [on("source"), on("destination")];
  const [intended, other] = isPastCutover(status) ? [destination, source] : [source, destination];
  if (intended.length === 0 || other.length <= mostLiars(answered.length)) return undefined;
  return `${nameSome(source)} serves from the source and ${nameSome(destination)} from the destination`;
}
