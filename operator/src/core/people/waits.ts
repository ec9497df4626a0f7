// Nobody waits unheard: whatever answers, and in whatever phase, a migration that stands still for too long is told of, and
// again for as long as it lasts. A rule that holds it needs no announcement of its own.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { lasting, suffice } from "../checks/approvals.ts";
import type { Context } from "../model/context.ts";
import type { Announcement, Outcome, Severity } from "../model/decision.ts";
import { instantMs, isPastCutover, secondsSince } from "../model/status-readings.ts";
import { mayServeElsewhere, servesFrom } from "../pods/acks.ts";

/** A hold that may pass by itself is told of after this, seconds. */
const heldSeconds = 900;
/** Before anything is written a fault is somebody's manifest, seconds. */
const startingSeconds = 3600;
/** What moves by itself has come to an end by then, seconds. */
const workingSeconds = 3600;
/** A person or a clock may take a day; whoever has to change the base, three. */
const askedSeconds = 86_400;
const settlingSeconds = 259_200;
/** What still lasts is said again, seconds. */
export const againSeconds: Readonly<Record<Severity, number>> = { page: 14_400, ticket: 86_400 };
/** An approval is spoken of so long before it ends, and never earlier than in the last quarter of its time. */
const expiringSeconds = 14_400;

/** `since`: where the wait began before it was one. */
type Wait = { readonly seconds: number; readonly severity: Severity; readonly since?: string };
type Waiting = NonNullable<MigrationStatus["waiting"]>;

/** The outcome, and in it since when the migration stands still, with what somebody has to hear of that. */
export function tellWaits(c: Context, outcome: Outcome): Outcome {
  return tellExpiring(c, tellHold(c, tellDeadline(c, outcome)));
}

function tell(outcome: Outcome, announcement: Omit<Announcement, "type">): Outcome {
  return { ...outcome, announcements: [...outcome.announcements, { type: "Warning", ...announcement }] };
}

function isMove({ status }: Context, { status: next }: Outcome): boolean {
  return next.phase !== status.phase || next.epoch !== status.epoch;
}

/** The deadlines of a plan, `guard.deadline` and `stages[].deadline`: once each, whatever holds the migration meanwhile. */
function tellDeadline(c: Context, outcome: Outcome): Outcome {
  const reason = deadlineOf(c, outcome);
  const { history, epoch } = c.status;
  if (reason === undefined || isMove(c, outcome)) return outcome;
  // What is measured anew may be late anew; a guard is late once.
  if (history.some((entry) => entry.reason === reason && (entry.epoch === epoch || reason === "GuardOverdue")))
    return outcome;
  const { message, phase } = outcome.status;
  const entry = { at: c.nowIso, phase, epoch, reason, message };
  const told = { ...outcome, status: { ...outcome.status, history: [...history, entry].slice(-20) } };
  return tell(told, { reason, message, severity: "ticket" });
}

function deadlineOf(c: Context, { standing }: Outcome): "GuardOverdue" | "StageOverdue" | undefined {
  if (isGuardLate(c)) return "GuardOverdue";
  return standing !== "working" && isStageLate(c) ? "StageOverdue" : undefined;
}

function isGuardLate(c: Context): boolean {
  const { phase, guard, revision } = c.status;
  if (phase !== "Guard" || guard === undefined || revision?.shadow === "none") return false;
  return secondsSince(c, guard.startedAt) > durationSeconds(c.plan.guard.deadline);
}

function isStageLate(c: Context): boolean {
  const { phase, stage, revision } = c.status;
  const plan = stage === undefined ? undefined : c.plan.stages[stage.index];
  if ((phase !== "WarmUp" && phase !== "Ramp") || plan === undefined || revision?.sampleRate === 0) return false;
  return secondsSince(c, revision?.at) > durationSeconds(plan.deadline);
}

function tellHold(c: Context, outcome: Outcome): Outcome {
  const wait = isMove(c, outcome) ? undefined : waitOf(c, outcome);
  const waiting = isMove(c, outcome) ? undefined : clocksOf(c, outcome, wait);
  if (wait === undefined || waiting === undefined) return withWaiting(outcome, waiting);
  const waited = secondsSince(c, clockOf(waiting, wait)?.since);
  if (waited < wait.seconds || !isToSay(c, waiting, wait.severity)) return withWaiting(outcome, waiting);
  return tell(withWaiting(outcome, { ...waiting, told: wait.severity, toldAt: c.nowIso }), {
    reason: "HoldOverdue",
    // Not to see what users get is worse than to wait.
    ...(wait.severity === "page" && isBlind(c) ? { about: "Blind" as const } : {}),
    message: `${describeStanding(c, outcome, waited)}: ${outcome.status.message}`,
    severity: wait.severity,
  });
}

/** `stands still in Guard for 15m (NotObserved)`; a guard goes on while nobody knows whether it could be left. */
export function describeStanding(
  { rollbackReady }: Context,
  { reason, status }: Outcome,
  waitedSeconds: number,
): string {
  const what =
    reason === "Guarding"
      ? `the rollback path isn't proved in ${status.phase} (${rollbackReady.message})`
      : `stands still in ${status.phase}`;
  return `${what} for ${printDuration(waitedSeconds)} (${reason})`;
}

function clockOf(waiting: Waiting, wait: Wait): Clock | undefined {
  if (wait.severity === "page") return waiting.danger;
  return isBlocked(wait) ? waiting.blocked : waiting;
}

/** Sooner told than that a person or a clock is waited for. */
function isBlocked(wait: Wait | undefined): boolean {
  return wait !== undefined && wait.seconds < askedSeconds;
}

/**
 * How long it stands still, how long blocked, and how long dangerously so: a pause of a day makes no blind minute a page, and
 * a day of waiting for a Promote no list that failed once a ticket.
 */
function clocksOf(c: Context, outcome: Outcome, wait: Wait | undefined): Waiting | undefined {
  const { waiting: before } = c.status;
  const from = wait?.since;
  const stands = follow(c, { before, isOn: wait !== undefined, from, outcome });
  if (stands === undefined) return undefined;
  const blocked = follow(c, { before: before?.blocked, isOn: isBlocked(wait), from, outcome });
  const danger = follow(c, { before: before?.danger, isOn: wait?.severity === "page", from, outcome });
  return {
    ...stands.clock,
    ...(blocked === undefined ? {} : { blocked: blocked.clock }),
    ...(danger === undefined ? {} : { danger: danger.clock }),
    ...(stands.isNew ? {} : toldOf(before, danger?.isNew === false)),
  };
}

/** A page told of the danger alone: once that is over, what waits still is told as what it is, and a new danger anew. */
function toldOf(waiting: Waiting | undefined, isDangerOn: boolean): Pick<Waiting, "told" | "toldAt"> {
  const { told, toldAt } = waiting ?? {};
  if (told === undefined || toldAt === undefined) return {};
  return told === "page" && !isDangerOn ? {} : { told, toldAt };
}

type Clock = Pick<Waiting, "since" | "endedAt">;
type Following = {
  readonly before: Clock | undefined;
  readonly isOn: boolean;
  /** Where the wait began before it was one. */
  readonly from?: string | undefined;
  readonly outcome: Outcome;
};

/** What waits again so soon waits still: else a guard that goes blind every few minutes would be told of never. Seconds. */
const breakSeconds = heldSeconds;

/** A clock that counts while it is on. It goes on after a short break, without the break's time, and ends with a long one. */
export function follow(
  c: Context,
  { before, isOn, from = c.nowIso, outcome }: Following,
): { readonly clock: Clock; readonly isNew: boolean } | undefined {
  const begun = isOn ? { clock: { since: from }, isNew: true } : undefined;
  if (before === undefined) return begun;
  const { since, endedAt } = before;
  const broken = endedAt === undefined ? 0 : secondsSince(c, endedAt);
  if (broken > breakSeconds) return begun;
  if (isOn) return { clock: { since: putOff(since, broken) }, isNew: false };
  // What has ended for good isn't looked at again.
  if (isFinalPhase(outcome.status.phase)) return undefined;
  return { clock: { since, endedAt: endedAt ?? c.nowIso }, isNew: false };
}

function putOff(since: string, seconds: number): string {
  const instant = instantMs(since);
  return instant === undefined || seconds === 0 ? since : new Date(instant + seconds * 1000).toISOString();
}

/** Not said yet, said too long ago, or worse than what was said. */
function isToSay(c: Context, { told, toldAt }: Waiting, severity: Severity): boolean {
  const isWorse = severity === "page" && told === "ticket";
  return told === undefined || isWorse || secondsSince(c, toldAt) >= againSeconds[severity];
}

function withWaiting(outcome: Outcome, waiting: Waiting | undefined): Outcome {
  const { waiting: _waiting, ...kept } = outcome.status;
  return { ...outcome, status: waiting === undefined ? kept : { ...kept, waiting } };
}

const starting: readonly Phase[] = ["Pending", "Preflight", "AwaitingApproval"];
/** What ends by itself or has a deadline of its own. */
const timed: readonly string[] = ["Guarding", "GuardOverdue", "StageOverdue", "Settled"];
/** Told of when it began: a person has to come back to it. */
const asked: readonly string[] = ["Held", "Paused"];

/** Answers under which danger is judged all the same: neither a pause nor a deadline that was told makes it wait. */
const masking: readonly string[] = ["Paused", "GuardOverdue"];

/** Somebody was called when it began; so does a rollback path that closes. */
const paged: readonly string[] = ["PlanDamaged", "Harm", "OnePodAlone", "RollbackBlocked", "TwoPrimaries"];

/** How long this may last untold; undefined where the migration moves, and could go back. */
function waitOf(c: Context, { standing, reason, status }: Outcome): Wait | undefined {
  if (status.phase === "RollingBack" || c.meta.deleting) return { seconds: heldSeconds, severity: servedSeverity(c) };
  if (isFinalPhase(status.phase))
    return timed.includes(reason) ? undefined : { seconds: settlingSeconds, severity: "ticket" };
  if (isMasked(c, reason)) return heldOf(c, reason);
  if (standing === "working") return workingOf(c);
  if (timed.includes(reason)) return undefined;
  if (standing === "waiting" || asked.includes(reason)) return { seconds: askedSeconds, severity: "ticket" };
  return heldOf(c, reason);
}

/** A wait that is as it should be, or that was told of, over a danger that isn't. */
function isMasked(c: Context, reason: string): boolean {
  if (reason === "Guarding") return c.rollbackReady.status !== "True";
  return masking.includes(reason) && isEndangered(c, reason);
}

/** Work that doesn't end is a wait. Sampling takes as long as it takes, and has deadlines of its own. */
function workingOf(c: Context): Wait | undefined {
  const { phase, phaseStartedAt, revision } = c.status;
  if (phase === "WarmUp" || phase === "Ramp") return undefined;
  const since = [phaseStartedAt, revision?.at].reduce((a = "", b = "") => (b > a ? b : a));
  if (since === undefined || secondsSince(c, since) < workingSeconds) return undefined;
  return { seconds: workingSeconds, severity: "ticket", since };
}

/** The same where it is blocked. */
export function heldOf(c: Context, reason: string): Wait {
  if (starting.includes(c.status.phase)) return { seconds: startingSeconds, severity: "ticket" };
  if (!isEndangered(c, reason)) return { seconds: heldSeconds, severity: "ticket" };
  const isPaged = paged.includes(reason) || c.rollbackReady.status === "False";
  const noticed = durationSeconds(c.plan.guard.maxDetectionTime);
  return { seconds: isPaged ? againSeconds.page : Math.min(heldSeconds, noticed), severity: "page" };
}

/** While pods are being taken back somebody may still be served by the store that is being left. */
function servedSeverity(c: Context): Severity {
  return mayServeElsewhere(c, c.status.rollback) ? "page" : "ticket";
}

/** Users may be harmed, or nothing and nobody could take them back: only that gets a person out of bed. */
function isEndangered(c: Context, reason: string): boolean {
  if (reason === "TwoPrimaries") return true;
  if (["OwnershipConflict", "TimeTravel", "PlanDamaged"].includes(reason)) return isSentToDestination(c);
  if (!isPastCutover(c.status) || isDestinationUnused(c)) return false;
  return isBlind(c) || c.rollbackReady.status !== "True" || c.harm.weighing.length > 0;
}

/**
 * Every pod there is says so, as where a fleet shrinks to those that a cutover left behind; or there is none and none is
 * wanted, as at night.
 */
function isDestinationUnused({ serving, observation, status: { source } }: Context): boolean {
  const { pods, target } = observation;
  if (pods.ok && pods.value.length === 0) return target.ok && target.value.found && target.value.replicas === 0;
  return serving.length > 0 && serving.every(servesFrom(source));
}

/** What users get from the destination isn't seen. */
export function isBlind({ status, observation: { target, overlay, pods, acts }, harm }: Context): boolean {
  return isPastCutover(status) && ([target, overlay, pods, acts].some(({ ok }) => !ok) || !harm.known);
}

/** By our own revision, or by what is really there: the status may be the one that is wrong. */
function isSentToDestination({ status, serving, observation: { overlay } }: Context): boolean {
  const written = overlay.ok ? overlay.value?.document?.primary : undefined;
  const isServed = serving.some((pod) => pod.status.ok && pod.status.value.config.primary === "destination");
  return isPastCutover(status) || written === "destination" || isServed;
}

/** Phases in which an approval that ends has to be given again. */
const approving: readonly Phase[] = ["Preflight", "AwaitingApproval", "WarmUp", "Ramp", "AwaitingCutover"];

/** An approval that is about to expire is told of once, while there is time to give it again, where the others aren't enough. */
function tellExpiring(c: Context, outcome: Outcome): Outcome {
  const { acts, phase } = outcome.status;
  if (acts?.approvals === undefined || !approving.includes(phase)) return outcome;
  const isNew = ({ at, until, expiryTold }: (typeof acts.approvals)[number]): boolean => {
    const [from, end] = [instantMs(at) ?? c.now, instantMs(until) ?? c.now];
    const lead = Math.min(expiringSeconds * 1000, (end - from) / 4);
    return expiryTold !== true && end > c.now && end - c.now <= lead;
  };
  const expiring = acts.approvals.filter(isNew);
  if (expiring.length === 0) return outcome;
  // One that ended where nobody looked is none that lasts.
  const isEnding = (one: (typeof expiring)[number]) => expiring.includes(one) || (instantMs(one.until) ?? 0) <= c.now;
  const approvals = acts.approvals.map((one) => (isEnding(one) ? { ...one, expiryTold: true } : one));
  const known = { ...outcome, status: { ...outcome.status, acts: { ...acts, approvals } } };
  if (suffice(c.plan, lasting(approvals))) return known;
  const names = expiring.map(({ actor, role, until }) => `${actor} (${role}) until ${until}`).join(", ");
  return tell(known, {
    reason: "ApprovalExpiring",
    message: `ask for a new approval of plan ${c.status.planHash} before it is needed: ${names}`,
    severity: "ticket",
  });
}
