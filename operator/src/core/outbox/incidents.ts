// Which of the causes that people were called for stand, by the status alone: whatever was said, missed or lost meanwhile,
// an incident is open exactly as long as its cause stands.
import type { ConditionType, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isLastWord, isOpenIncident, type OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { lasting, suffice } from "../checks/approvals.ts";
import { planDamaged, readPlan } from "../model/accepted-plan.ts";
import {
  answerOf,
  harmHolds,
  instantMs,
  isPastCutover,
  isRollingBack,
  servedPhases,
} from "../model/status-readings.ts";

/** Unclear is neither: what is open stays open, and what is closed stays closed. */
type Standing = "stands" | "over" | "unclear";
type Judge = (next: MigrationStatus, message: OutboxMessage) => Standing;

/** What flaps is opened and closed so seldom, ms. */
const leastOpenMs = 600_000;
/** A migration that goes tells its sinks for so long that its incidents are over, ms; then it goes without. */
const longestFarewellMs = 300_000;

/** The messages of the outbox that opened what is over by now, in epoch ms. */
export function endedIncidents(outbox: readonly OutboxMessage[], next: MigrationStatus, now: number): OutboxMessage[] {
  const isOld = ({ at }: OutboxMessage) => now - (instantMs(at) ?? 0) >= leastOpenMs;
  const isOver = (message: OutboxMessage) => judge(message, next) === "over";
  return openIncidents(outbox).filter((message) => isOld(message) && isOver(message));
}

/** The messages of the outbox that said of something that it was over, and it stands. */
export function returnedIncidents(outbox: readonly OutboxMessage[], next: MigrationStatus): OutboxMessage[] {
  const open = new Set(openIncidents(outbox).map(({ reason }) => reason));
  return outbox.filter(
    (message) =>
      message.kind === "Resolved" &&
      isLastWord(message, outbox) &&
      !open.has(message.reason) &&
      judge(message, next) === "stands",
  );
}

export function openIncidents(outbox: readonly OutboxMessage[]): OutboxMessage[] {
  return outbox.filter((message) => isOpenIncident(message, outbox));
}

/**
 * Sinks that are still to hear that incidents are over, before the migration goes; none after a while. What is dated in the
 * future, by a clock that was ahead, would keep it for as long as that.
 */
export function farewellSinks({ outbox = [] }: Pick<MigrationStatus, "outbox">, now: number): string[] {
  const farewells = outbox.filter(
    (message) =>
      message.kind === "Resolved" &&
      isLastWord(message, outbox) &&
      Math.abs(now - (instantMs(message.at) ?? 0)) < longestFarewellMs,
  );
  return [...new Set(farewells.flatMap(({ pending }) => pending))];
}

function judge(message: OutboxMessage, next: MigrationStatus): Standing {
  const { reason = "", incident } = message;
  const cause = incident === "PostmortemDue" ? postmortemDue : (causes[reason] ?? step);
  return cause(next, message);
}

/** It stands while a condition has its reason, or one of `failing`, and is over when the condition is True for another. */
function condition(type: ConditionType, failing: readonly string[] = []): Judge {
  return ({ conditions }, { reason = "" }) => {
    const found = conditions.find((one) => one.type === type);
    if (found === undefined || unwanted.includes(found.reason)) return "over";
    if (found.reason === reason || failing.includes(found.status)) return "stands";
    return found.status === "True" ? "over" : "unclear";
  };
}

/** Of a sync that nobody wants any more, and of a check that nobody asks for. */
const unwanted: readonly string[] = ["WritersMoved", "SyncStopped", "Waived", "Skipped"];

/** The same, of what nobody judges any more once the migration has ended. */
function untilTheEnd(cause: Judge): Judge {
  return (next, message) => {
    const isEnded = isFinalPhase(next.phase) && (next.phase !== message.phase || message.kind === "Resolved");
    return isEnded ? "over" : cause(next, message);
  };
}

/** The same, of what nobody relies on any more once it goes back. */
function untilItGoesBack(cause: Judge): Judge {
  return untilTheEnd((next, message) => (isRollingBack(next) ? "over" : cause(next, message)));
}

function whether(stands: (next: MigrationStatus, message: OutboxMessage) => boolean): Judge {
  return (next, message) => (stands(next, message) ? "stands" : "over");
}

/** The same; as a page only in phases in which users may be harmed by it. What stands of it then is told as a ticket. */
function pagedIn(phases: readonly Phase[], cause: Judge): Judge {
  return (next, message) => (isPage(message) && !phases.includes(next.phase) ? "over" : cause(next, message));
}

function isPage({ incident }: OutboxMessage): boolean {
  return incident?.startsWith("Page/") === true;
}

/** It is what the operator answers; what answers before it says nothing of it. */
const answered: Judge = (next, { reason }) => {
  const answer = answerOf(next);
  if (answer === reason) return "stands";
  return answer !== undefined && answeredFirst.includes(answer) ? "unclear" : "over";
};
const answeredFirst: readonly string[] = ["NotObserved", ...harmHolds];

/** Told of a step: over with the phase or the epoch, and it doesn't come back. */
const step: Judge = (next, { phase, key }) =>
  next.phase !== phase || String(next.epoch) !== key.split("/")[1] ? "over" : "unclear";

const postmortemDue = whether(({ conditions }) =>
  conditions.some(({ type, status }) => type === "PostmortemDue" && status === "True"),
);

/** What is told by a clock is told again by that clock; dangerous as long as the danger lasts, whatever comes after it. */
function timed(isOver: (next: MigrationStatus, message: OutboxMessage) => boolean): Judge {
  return (next, message) => (isOver(next, message) ? "over" : "unclear");
}

const standsStill = timed((next, message) => {
  const { waiting } = next;
  if (waiting?.behind?.toldAt !== undefined) return false;
  if (!isPage(message)) return waiting?.told === undefined;
  return waiting?.danger === undefined || isHarmAlone(next, message);
});

/** What was told beside harm that is held has passed, and the danger that is left is the harm's own. */
function isHarmAlone(next: MigrationStatus, { reason }: OutboxMessage): boolean {
  const { waiting } = next;
  const isHarm = harmHolds.includes(answerOf(next) ?? "");
  return isHarm && waiting?.behind === undefined && (reason === "Blind" || waiting?.told !== "page");
}

/** Harm that nothing is done about, by whichever name it was told first. */
const harmHeld = untilTheEnd((next, message) =>
  next.harm?.heldSince === undefined ? "over" : answered(next, message) === "stands" ? "stands" : "unclear",
);

/**
 * Some serve the source and some the destination: it is over once all say the same, whoever it was told of, and once those go
 * back of whom it was told after a cutover.
 */
const twoPrimaries: Judge = (next, message) => {
  if (answered(next, message) === "stands") return "stands";
  const isBack = !isPastCutover(next) && !isRollingBack(next);
  if (isBack && message.phase !== next.phase && servedPhases.some((phase) => phase === message.phase)) return "over";
  const told = next.conditions.find(({ type }) => type === "ConfigPropagated");
  return told === undefined || ["AllPodsFollow", "OverlayRemoved"].includes(told.reason) ? "over" : "unclear";
};

const denied = untilTheEnd(whether((next) => (next.acts?.denials ?? []).length > 0 && !isPastCutover(next)));

/** Until there are enough others, whoever gave them. */
const approvalExpires = untilTheEnd(
  whether((next) => {
    const { approvals = [] } = next.acts ?? {};
    const left = lasting(approvals);
    if (left.length === approvals.length || isPastCutover(next)) return false;
    const plan = readPlan(next.plan);
    return plan === undefined || !suffice(plan, left);
  }),
);

const approved = untilTheEnd(condition("Approved"));
const copied = untilTheEnd(condition("DataCopied"));
/** What is told of pods that don't follow takes the place of what was told of them before. */
const propagated: Judge = (next, message) => {
  const found = next.conditions.find(({ type }) => type === "ConfigPropagated")?.reason ?? "";
  const isOther = found !== message.reason && toldOfPods.includes(found);
  return isOther ? "over" : condition("ConfigPropagated")(next, message);
};
const toldOfPods: readonly string[] = ["AckTimeout", "PodsFenced", "QuorumFollows"];
const proved = condition("InputsProved");
const synced = condition("DataSynced");
const driftMended = condition("DriftResolved");

/** By the reason that was told; what isn't here was told of a step. */
const causes: Readonly<Record<string, Judge>> = {
  RollbackNotReady: pagedIn(servedPhases, condition("RollbackReady", ["False"])),
  PodsCannotGoBack: condition("RollbackReady"),
  AlertsNotArmed: untilItGoesBack(pagedIn(servedPhases, condition("AlertsArmed", ["False"]))),
  AckTimeout: pagedIn(["RollingBack"], propagated),
  PodsFenced: propagated,
  QuorumFollows: propagated,
  ApprovalsMissing: approved,
  ApprovalsExpired: approved,
  ApprovalExpiring: approvalExpires,
  Denied: denied,
  PodNotProved: proved,
  EpochOutOfRange: proved,
  CopyFailed: copied,
  CopyNotStarted: copied,
  CopyIncomplete: copied,
  DriftRepairFailed: driftMended,
  DriftRepairNotStarted: driftMended,
  SyncFailed: synced,
  SyncNotStarted: synced,
  NoSyncTemplate: synced,
  SyncForbidden: synced,
  SyncWouldHide: synced,
  SyncOverdue: timed(({ syncLate }) => syncLate?.toldAt === undefined),
  HoldOverdue: standsStill,
  Blind: standsStill,
  Harm: harmHeld,
  Held: harmHeld,
  OnePodAlone: harmHeld,
  RollbackBlocked: harmHeld,
  TwoPrimaries: twoPrimaries,
  SourceChanged: answered,
  OwnershipConflict: answered,
  TimeTravel: answered,
  [planDamaged]: answered,
};
