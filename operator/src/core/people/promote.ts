// A Promote, or the Retry of a cutover that was taken back, acts in the reconcile that reads it, waits openly until it expires, or is refused with what stands in its way.
// None is left over to cut over by itself when nobody thinks of it any more.

import { promoteWait } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Announcement, Outcome } from "../model/decision.ts";
import type { ActObservation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { syncRemoves } from "../verification/purpose.ts";
import { refuseLate } from "./turns.ts";

const hourMs = 3_600_000;
/** As the status holds a sentence, with room for what is added. */
const longestMessage = 2000;

type Acts = NonNullable<MigrationStatus["acts"]>;

/** Why a Promote of a cutover isn't even weighed: who came first, or how long it wants to wait. */
export function refuseTurn(act: ActObservation, status: MigrationStatus, now: number): string | undefined {
  const { promotedBy, promoteUntil } = status.acts ?? {};
  if (act.waitForGates !== true) {
    if (promotedBy === undefined || isOver(status.acts ?? {}, now)) return refuseLate(act, status, now);
    return promoteUntil === undefined
      ? `the Promote by ${promotedBy} came first`
      : `the cutover is blocked, and the Promote by ${promotedBy} waits for it until ${promoteUntil}`;
  }
  const until = waitsUntil(act);
  if (until <= now) return "it had expired";
  if (until - act.createdAt <= promoteWait.mostHours * hourMs) return undefined;
  return `it would wait until ${iso(until)}; expected at most ${promoteWait.mostHours}h from its creation`;
}

/**
 * Of several Promotes in one reconcile the first is weighed, but one that waits before one that doesn't: else who read them
 * together would leave nobody waiting, and who read them one after the other would.
 */
export function refuseSecond(first: ActObservation | undefined, act: ActObservation): string | undefined {
  return first === undefined || outdoes(act, first) ? undefined : `the Promote by ${first.actor} came first`;
}

function outdoes(act: ActObservation, first: ActObservation): boolean {
  return act.waitForGates === true && first.waitForGates !== true;
}

/** The answer to the first one where another takes its place. */
export function tellOutdone(first: ActObservation | undefined, { act, actor }: ActObservation): Announcement[] {
  if (first === undefined) return [];
  const message = `${first.act} by ${first.actor} has no effect: the ${act} by ${actor} came with it, and waits if it has to`;
  return [told("Warning", "ActRefused", message)];
}

/** One that had waited for too long when the next one came is told of, as it would have been by itself. */
export function tellReplaced({ act }: ActObservation, { promotedBy, promoteUntil }: Acts): Announcement[] {
  if (promotedBy === undefined || promoteUntil === undefined) return [];
  return [told("Warning", "ActExpired", `${act} by ${promotedBy} waited until ${promoteUntil} and has expired`)];
}

/** The acts with a Promote that is weighed when everything else is judged. */
export function recordPromote(act: ActObservation, { promoteUntil: _until, ...acts }: Acts): Acts {
  const until = act.waitForGates === true ? { promoteUntil: iso(waitsUntil(act)) } : {};
  return { ...acts, promotedBy: act.actor, ...until };
}

function waitsUntil({ expiresAt, createdAt }: ActObservation): number {
  return expiresAt ?? createdAt + promoteWait.defaultHours * hourMs;
}

/** Who promoted the cutover, as long as that holds: however long nobody looked, an expired wait cuts nothing over. */
export function promoterOf(c: Pick<Context, "status" | "now">): string | undefined {
  return isExpired(c) ? undefined : c.status.acts?.promotedBy;
}

function isExpired({ status, now }: Pick<Context, "status" | "now">): boolean {
  return isOver(status.acts ?? {}, now);
}

export function isOver({ promoteUntil }: Pick<Acts, "promoteUntil">, now: number): boolean {
  return promoteUntil !== undefined && (instantMs(promoteUntil) ?? 0) <= now;
}

/** The outcome with an answer to the Promote: taken, waiting, expired, or refused. */
export function settlePromote(c: Context, outcome: Outcome): Outcome {
  const { promotedBy } = c.status.acts ?? {};
  if (promotedBy === undefined || c.status.phase !== "AwaitingCutover") return outcome;
  const who = `${c.status.takenBack === undefined ? "Promote" : "Retry"} by ${promotedBy}`;
  if (outcome.status.phase === "CuttingOver" && !isExpired(c)) return answer(outcome, "kept", isTaken(c, who));
  const promoteUntil = endOfWait(c, outcome);
  const { message } = outcome.status;
  if (promoteUntil === undefined || isVoid(c, outcome)) {
    const end = c.promote === undefined ? "has no effect any more" : "has no effect";
    return answer(outcome, "void", told("Warning", "ActRefused", `${who} ${end}: ${message}`));
  }
  if (isExpired(c)) {
    const words = `${who} waited until ${promoteUntil} and has expired: ${message}`;
    return answer(outcome, "void", told("Warning", "ActExpired", words));
  }
  return waitOn(c, outcome, who, promoteUntil);
}

/** How long a Promote waits for a sync to acknowledge that it removes nothing: many times as long as that takes. */
const acknowledgedMs = 300_000;

/** Undefined: it doesn't wait. */
function endOfWait({ status, now }: Context, { reason }: Outcome): string | undefined {
  return status.acts?.promoteUntil ?? (reason === syncRemoves ? iso(now + acknowledgedMs) : undefined);
}

/** It goes on waiting, openly. */
function waitOn(c: Context, before: Outcome, who: string, promoteUntil: string): Outcome {
  const { acts, message } = before.status;
  const outcome =
    acts === undefined ? before : { ...before, status: { ...before.status, acts: { ...acts, promoteUntil } } };
  const words = `${who} waits until ${promoteUntil}: ${message}`;
  const waiting = answer(outcome, "kept", c.promote === undefined ? undefined : told("Normal", "ActTaken", words));
  const addition = `; the ${who} waits for it until ${promoteUntil}`;
  const status = { ...waiting.status, message: message.slice(0, longestMessage - addition.length) + addition };
  return { ...waiting, status };
}

/** One that waits in vain: what it was given on is gone, and it hasn't expired before. */
function isVoid(c: Context, outcome: Outcome): boolean {
  return !isExpired(c) && !isSameEvidence(c, outcome);
}

/** What it was given on is still there. */
function isSameEvidence({ status }: Context, { status: { phase, epoch, planHash } }: Outcome): boolean {
  return phase === status.phase && epoch === status.epoch && planHash === status.planHash;
}

/** One that waited was told of when it was read. */
function isTaken({ promote }: Context, who: string): Announcement | undefined {
  if (promote === undefined) return undefined;
  return told("Normal", "ActTaken", promote.reason === "" ? who : `${who}: ${promote.reason}`);
}

function answer(outcome: Outcome, promote: "kept" | "void", said: Announcement | undefined): Outcome {
  const { acts, ...rest } = outcome.status;
  const { promoteUntil, promotedBy, ...others } = acts ?? { paused: false, seen: [] };
  const isOver = outcome.status.phase === "CuttingOver" || promoteUntil === undefined;
  const kept = promotedBy === undefined ? others : { ...others, promotedBy, ...(isOver ? {} : { promoteUntil }) };
  return {
    ...outcome,
    status: { ...rest, acts: promote === "kept" ? kept : others },
    announcements: said === undefined ? outcome.announcements : [said, ...outcome.announcements],
  };
}

function told(type: Announcement["type"], reason: string, message: string): Announcement {
  return { type, reason, message, severity: null };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

/** A cutover was taken back, and nobody has let it begin again, or no more than a Retry that has expired. */
export function awaitsRetry({ phase, takenBack, acts }: MigrationStatus, now: number): boolean {
  return phase === "AwaitingCutover" && takenBack !== undefined && !isGiven(acts, now);
}

function isGiven(acts: MigrationStatus["acts"], now: number): boolean {
  return acts?.promotedBy !== undefined && !isOver(acts, now);
}

/** Why a Retry has no effect; undefined when it has. */
export function refuseRetry(plan: MigrationSpec, status: MigrationStatus, now: number): string | undefined {
  const { phase, takenBack, acts } = status;
  if (phase !== "AwaitingCutover") return `the phase is ${phase}; Retry is taken in AwaitingCutover`;
  if (takenBack === undefined) return "no cutover was taken back; create a Promote act to cut over";
  if (isGiven(acts, now)) return `${acts?.promotedBy} let it cut over again already`;
  return describeCorrections(plan, status);
}

/** What the first try left at the destination alone. Where parity is asked before the cutover, that decides instead. */
export function describeCorrections(plan: MigrationSpec, status: MigrationStatus): string | undefined {
  const drift = driftResolvedFact(plan, status);
  if (drift?.status !== "False" || plan.checklist.parity.policy !== "Skip") return undefined;
  return `${drift.message}; bring them back to the source, then waive parity`;
}
