// What a verification is for, and in which phases somebody waits for it.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { VerificationPurpose } from "@retriever/crds/status/verification-status.ts";
import { instantMs } from "../model/status-readings.ts";

const waiting: Readonly<Record<VerificationPurpose, readonly Phase[]>> = {
  Preflight: ["Preflight", "AwaitingApproval"],
  Cutover: ["AwaitingCutover"],
  Rollback: ["VerifyingDrift"],
};

/** What the stores are compared for in a phase; undefined where nobody asks. */
export function purposeOf(phase: Phase): VerificationPurpose | undefined {
  return (Object.keys(waiting) as VerificationPurpose[]).find((purpose) => waiting[purpose].includes(phase));
}

/** How long the destination served before the rollback; negative where one of the two can't be dated. */
export function servedSeconds({ rollback, cutoverAt }: MigrationStatus): number {
  return ((instantMs(rollback?.at) ?? 0) - (instantMs(cutoverAt) ?? Number.POSITIVE_INFINITY)) / 1000;
}

/** Whether the rollback took traffic back later than `rollback.verifyDriftAfter` after the cutover. */
export function isLateRollback(plan: MigrationSpec, status: MigrationStatus): boolean {
  return servedSeconds(status) > durationSeconds(plan.rollback.verifyDriftAfter);
}

/** Whether a phase asks for Jobs: then they are read. At the end they are, until the last are cleaned up. */
export function asksForJobs(plan: MigrationSpec, { phase, verification }: MigrationStatus): boolean {
  if (phase === "VerifyingDrift") return true;
  if (phase === "RolledBack") return verification !== undefined;
  const { parity, smokeTests } = plan.checklist;
  const isTesting = smokeTests.policy === "Require" && waiting.Preflight.includes(phase);
  return isTesting || (parity.policy === "Require" && purposeOf(phase) !== undefined);
}
