// What a verification is for, and in which phases somebody waits for it.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { copiesData, syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { VerificationPurpose } from "@retriever/crds/status/verification-status.ts";
import { instantMs } from "../model/status-readings.ts";
import { openTests, openWriter, writers } from "./runs.ts";

const waiting: Readonly<Record<VerificationPurpose, readonly Phase[]>> = {
  Preflight: ["Preflight", "AwaitingApproval"],
  Cutover: ["AwaitingCutover"],
  Rollback: ["VerifyingDrift"],
};

/** What the stores are compared for in a phase; undefined where nobody asks. */
export function purposeOf(phase: Phase): VerificationPurpose | undefined {
  return (Object.keys(waiting) as VerificationPurpose[]).find((purpose) => waiting[purpose].includes(phase));
}

/**
 * How long pods may have served from the destination: from the cutover until every pod was back, which stuck pods put
 * off. Undefined where one of the two can't be dated; negative where the operator's clock was put back between them.
 */
export function servedSeconds(status: MigrationStatus): number | undefined {
  const back = lastReturn(status);
  const from = instantMs(servedFrom(status));
  const until = instantMs(back?.servedUntil) ?? instantMs(back?.at);
  return from === undefined || until === undefined ? undefined : (until - from) / 1000;
}

/** The return to the source that the status speaks of: the rollback since the cutover, or the cutover that was taken back before. */
export function lastReturn({ rollback, cutoverAt, takenBack }: MigrationStatus) {
  return cutoverAt === undefined ? takenBack : rollback;
}

/** Since when what the destination received may be missing at the source. */
export function servedFrom({ cutoverAt, takenBack }: MigrationStatus): string | undefined {
  return takenBack?.servedFrom ?? cutoverAt;
}

/** Whether traffic was back later than `rollback.verifyDriftAfter` after the cutover, or nobody can say that it wasn't. */
export function isLateRollback(plan: MigrationSpec, status: MigrationStatus): boolean {
  const served = servedSeconds(status);
  return served !== undefined && (served < 0 || served > durationSeconds(plan.rollback.verifyDriftAfter));
}

/** Whether a phase asks for Jobs: then they are read. At the end they are, until the last are cleaned up. */
export function asksForJobs(plan: MigrationSpec, status: MigrationStatus): boolean {
  const { phase, verification, takenBack } = status;
  if (phase === "VerifyingDrift" || hasOpenJobs(status)) return true;
  if (asksForWriters(plan, status)) return true;
  const isBack = phase === "RolledBack" || (phase === "AwaitingCutover" && takenBack !== undefined);
  if (isBack && verification !== undefined) return true;
  const { parity, smokeTests } = plan.checklist;
  const isTesting = smokeTests.policy === "Require" && waiting.Preflight.includes(phase);
  return isTesting || (parity.policy === "Require" && purposeOf(phase) !== undefined);
}

const syncing: readonly Phase[] = [
  "Preflight",
  "AwaitingApproval",
  "WarmUp",
  "Ramp",
  "AwaitingCutover",
  "CuttingOver",
  "Guard",
  "Completed",
];

/** While the application's writers write to the source, and the overlay says which store that is. */
export function isSyncing({ phase, acts, revision }: MigrationStatus): boolean {
  const isEnded = acts?.writersMoved !== undefined || acts?.latched !== undefined || revision?.released === true;
  return syncing.includes(phase) && !isEnded;
}

/** A late rollback whose corrections a RepairDrift can be about: what such an act is judged on is read meanwhile. */
export function mayRepair({ phase, verification, repair }: MigrationStatus): boolean {
  const isOpen = repair !== undefined && repair.result === undefined;
  const isNamed = verification?.runs.some(({ purpose, result }) => purpose === "Rollback" && result?.digest) === true;
  return phase === "RolledBack" && (isOpen || (isNamed && repair?.result?.outcome !== "Completed"));
}

/** What the cutover waits for under this reason: a sync that removes nothing any more. */
export const syncRemoves = "SyncRemoves";

const beforeCutover = syncing.slice(0, syncing.indexOf("CuttingOver"));

/**
 * Whether a sync has leave to remove what only the destination has: while no pod can be sent there. From the moment on in
 * which only that is left before a cutover it has none, so that none is in force when the overlay is written.
 */
export function mayRemove(status: MigrationStatus): boolean {
  const ready = status.conditions.find(({ type }) => type === "Ready");
  const isStopped = openWriter(status, "sync")?.stoppedAt !== undefined;
  return beforeCutover.includes(status.phase) && isSyncing(status) && !isStopped && ready?.reason !== syncRemoves;
}

function asksForWriters(plan: MigrationSpec, status: MigrationStatus): boolean {
  return (copiesData(plan) && waiting.Preflight.includes(status.phase)) || (syncsData(plan) && isSyncing(status));
}

/** What writes, and a smoke test, is waited for wherever the migration stands: also until it is gone. */
function hasOpenJobs(status: MigrationStatus): boolean {
  return writers.some((which) => openWriter(status, which) !== undefined) || openTests(status).length > 0;
}
