// When what a page or a ticket told of is over: whoever was called is told that too, wherever it was opened.
import type { ConditionType, MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isOpenIncident, type OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { instantMs } from "../model/status-readings.ts";

/** Calls that stand for as long as a condition isn't True for another reason. */
const conditionsOf: Readonly<Record<string, ConditionType>> = {
  RollbackNotReady: "RollbackReady",
  PodsCannotGoBack: "RollbackReady",
  AlertsNotArmed: "AlertsArmed",
  AckTimeout: "ConfigPropagated",
  PodsFenced: "ConfigPropagated",
  QuorumFollows: "ConfigPropagated",
  ApprovalsMissing: "Approved",
  ApprovalsExpired: "Approved",
  PodNotProved: "InputsProved",
  EpochOutOfRange: "InputsProved",
  CopyFailed: "DataCopied",
  CopyNotStarted: "DataCopied",
  CopyIncomplete: "DataCopied",
  SyncFailed: "DataSynced",
  SyncNotStarted: "DataSynced",
  NoSyncTemplate: "DataSynced",
  SyncForbidden: "DataSynced",
  SyncWouldHide: "DataSynced",
};
/** Of a sync that nobody wants any more. */
const unwanted: readonly string[] = ["WritersMoved", "SyncStopped"];
/** Harm that nothing is done about. */
const held: readonly string[] = ["Harm", "OnePodAlone", "RollbackBlocked"];

/** What flaps is opened and closed so seldom, ms. */
const leastOpenMs = 600_000;

/** The messages of the outbox that opened what is over by now, in epoch ms. */
export function endedIncidents(outbox: readonly OutboxMessage[], next: MigrationStatus, now: number): OutboxMessage[] {
  const isOld = ({ at }: OutboxMessage) => now - (instantMs(at) ?? 0) >= leastOpenMs;
  return outbox.filter((message) => isOpenIncident(message, outbox) && isOld(message) && isOver(message, next));
}

function isOver({ reason = "", incident, phase, key }: OutboxMessage, next: MigrationStatus): boolean {
  if (incident === "PostmortemDue") return !isTrue(next, "PostmortemDue");
  if (isFinalPhase(next.phase) && next.phase !== phase) return true;
  return isCleared(reason, next) ?? (next.phase !== phase || String(next.epoch) !== key.split("/")[1]);
}

/** Undefined where it was told of a step: that is over with the step. */
function isCleared(reason: string, { conditions, waiting, harm, syncLate }: MigrationStatus): boolean | undefined {
  if (reason === "SyncOverdue") return syncLate?.toldAt === undefined;
  if (reason === "HoldOverdue" || reason === "Blind") return waiting?.told === undefined;
  if (held.includes(reason)) return harm?.heldSince === undefined;
  const condition = conditions.find(({ type }) => type === conditionsOf[reason]);
  if (condition === undefined) return undefined;
  return unwanted.includes(condition.reason) || (condition.status === "True" && condition.reason !== reason);
}

function isTrue({ conditions }: MigrationStatus, type: ConditionType): boolean {
  return conditions.some((one) => one.type === type && one.status === "True");
}
