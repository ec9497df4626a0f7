// The act Retry: a person lets a cutover that was taken back begin again, with the plan and the evidence there are.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { isOver } from "./promote.ts";

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
