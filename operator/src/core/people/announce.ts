// Announcements of conditions that flipped, once per flip.
import type { Condition, ConditionType, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Announcement } from "../model/decision.ts";
import { isRollingBack, servedPhases } from "../model/status-readings.ts";
import { mayServeElsewhere } from "../pods/acks.ts";

/** Announcements for what changed between two statuses beside the phase. */
export function announceFlips(c: Context, next: MigrationStatus): Announcement[] {
  const before = c.migration.status;
  return [
    ...rollbackPath(before, next),
    ...copies(before, next),
    ...syncs(before, next),
    ...repairs(before, next),
    ...missedAlerts(before, next),
    ...lapsedApprovals(before, next),
    ...denials(before, next),
    ...lateAcks(c, before, next),
    ...unproved(before, next),
    ...laggards(before, next),
    ...refusals(before, next),
    ...edits(before, next),
  ];
}

/** A copy that failed is somebody's to mend: a credential, chunks that are refused. It is told once per way of failing. */
function copies(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "DataCopied");
  if (now === undefined || old === undefined || old.reason === now.reason) return [];
  // It is tried again and again; what was said once isn't said anew.
  if (now.status === "False")
    return (next.copy?.failures ?? 1) > 1
      ? []
      : [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }];
  return now.reason === "Copied" ? [{ type: "Normal", reason: now.reason, message: now.message, severity: null }] : [];
}

/** A sync that ended or can't be; each way is told once. One that isn't in step is told of once that has lasted. */
function syncs(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "DataSynced");
  if (now === undefined || old === undefined || old.reason === now.reason) return [];
  if (!ended.includes(now.reason) && !hopeless.includes(now.reason)) return [];
  const isRepeated = ended.includes(now.reason) && (next.sync?.failures ?? 1) > 1;
  return isRepeated ? [] : [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }];
}

/** How a repair that somebody asked for ended: told each time. */
function repairs({ repair: old }: MigrationStatus, { repair: now }: MigrationStatus): Announcement[] {
  if (now?.result === undefined || (old?.number === now.number && old.result !== undefined)) return [];
  const { outcome, message } = now.result;
  const told: Readonly<Record<typeof outcome, Pick<Announcement, "type" | "reason" | "severity">>> = {
    Completed: { type: "Normal", reason: "DriftRepaired", severity: null },
    Stopped: { type: "Warning", reason: "DriftRepairStopped", severity: null },
    Failed: { type: "Warning", reason: "DriftRepairFailed", severity: "ticket" },
    NotStarted: { type: "Warning", reason: "DriftRepairNotStarted", severity: "ticket" },
  };
  return [{ ...told[outcome], message }];
}

/** Of a run that ended by itself. */
const ended: readonly string[] = ["SyncFailed", "SyncNotStarted"];
/** Unknown, and nothing that comes by itself. */
const hopeless: readonly string[] = ["NoSyncTemplate", "SyncForbidden", "SyncWouldHide"];

/** After the cutover a closed rollback path is a page: the old store's errors never send traffic to it. */
function rollbackPath(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "RollbackReady");
  if (now?.reason === "PodsCannotGoBack" && old?.reason !== now.reason)
    return [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }];
  if (now?.status !== "False" || (isClosedAsBefore(old, now) && !isCalmed(before, next))) return [];
  const severity = servedPhases.includes(next.phase) ? "page" : "ticket";
  return [{ type: "Warning", reason: "RollbackNotReady", message: now.message, severity }];
}

function isClosedAsBefore(old: Condition | undefined, now: Condition): boolean {
  return old?.status === now.status && old.reason === now.reason;
}

/** The page of a danger ends with it: what is left of its cause is told as the ticket that it is. */
function isCalmed({ phase: before }: MigrationStatus, { phase: next }: MigrationStatus): boolean {
  return servedPhases.includes(before) && !servedPhases.includes(next);
}

/** A rule that vanished is a page once people rely on it; a Prometheus that can't be read is only told. */
function missedAlerts(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "AlertsArmed");
  if (old === undefined || now === undefined || !relied.includes(next.phase)) return [];
  // Nobody relies on it while a migration goes back, so that it ends there.
  const isTold = old.status === now.status && !isRollingBack(before);
  if (now.status === "True" || isTold || notTold.includes(now.reason)) return [];
  const severity = now.status === "False" && servedPhases.includes(next.phase) ? "page" : "ticket";
  return [{ type: "Warning", reason: "AlertsNotArmed", message: now.message, severity }];
}

const relied: readonly Phase[] = ["WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"];
/** Nobody relies on it, or it comes by itself within minutes. */
const notTold: readonly string[] = ["Skipped", "Waived", "CanaryNotArrived"];

/** They are asked again at the cutover; who waits for it is told that it won't come. */
function lapsedApprovals(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "Approved");
  if (next.phase !== "AwaitingCutover" || old?.status !== "True" || now?.status !== "False") return [];
  // Told by itself.
  if (now.reason === "Denied") return [];
  return [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }];
}

/** Whoever waits for approvals won't get them all: somebody has to talk to who denied. */
function denials({ acts: old }: MigrationStatus, { acts: now, planHash }: MigrationStatus): Announcement[] {
  const said = old?.denials ?? [];
  const fresh = (now?.denials ?? []).filter(
    ({ actor, role, at }) => !said.some((one) => one.actor === actor && one.role === role && one.at === at),
  );
  return fresh.map(({ actor, role, reason }) => ({
    type: "Warning",
    reason: "Denied",
    message: `plan ${planHash} is denied by ${actor} (${role}): ${reason}`,
    severity: "ticket",
  }));
}

/** A pod that keeps the store that is being left harms its users; anywhere else the source answers them, as before a cutover. */
function lateAcks(c: Context, before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "ConfigPropagated");
  if (now?.reason !== "AckTimeout" || old?.reason === "AckTimeout") return [];
  const severity = next.phase === "RollingBack" && mayServeElsewhere(c, next.rollback) ? "page" : "ticket";
  return [{ type: "Warning", reason: "AckTimeout", message: now.message, severity }];
}

/** Somebody speaks for pods or epochs of the migration that aren't: nothing was taken from it, and nothing waits for it. */
function unproved(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "InputsProved");
  if (now?.status !== "False" || old?.reason === now.reason) return [];
  return [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }];
}

/** Pods that a migration goes on without: nobody waits for them any more, so somebody has to be told who they are. */
function laggards(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "ConfigPropagated");
  if (now?.status !== "True" || now.reason === old?.reason) return [];
  const isQuorum = now.reason === "PodsFenced" || now.reason === "QuorumFollows";
  return isQuorum ? [{ type: "Warning", reason: now.reason, message: now.message, severity: "ticket" }] : [];
}

/** Why a migration doesn't start or go on: said once per reason. */
function refusals(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "Ready");
  const starting = next.phase === "Pending" || next.phase === "Preflight";
  if (!starting || now?.status !== "False" || old?.reason === now.reason) return [];
  return [{ type: "Warning", reason: now.reason, message: now.message, severity: null }];
}

/** What became of an edit of the spec: said once per edit. */
function edits(before: MigrationStatus, next: MigrationStatus): Announcement[] {
  const [old, now] = both(before, next, "Accepted");
  const isEdit = now?.reason === "EditIgnored" || now?.reason === "SafeEditApplied";
  if (!isEdit || (old?.reason === now.reason && old.message === now.message)) return [];
  const type = now.reason === "EditIgnored" ? "Warning" : "Normal";
  return [{ type, reason: now.reason, message: now.message, severity: null }];
}

function both(
  before: MigrationStatus,
  next: MigrationStatus,
  type: ConditionType,
): [Condition | undefined, Condition | undefined] {
  const find = (status: MigrationStatus) => status.conditions.find((condition) => condition.type === type);
  return [find(before), find(next)];
}
