// The verifications a status knows of: the one under way, and the newest result of each purpose.
import { hash } from "node:crypto";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type {
  SmokeTestStatus,
  VerificationPurpose,
  VerificationResult,
  VerificationRun,
} from "@retriever/crds/status/verification-status.ts";
import type { WriterRun } from "@retriever/crds/status/writer-status.ts";
import type { MigrationMeta } from "../model/migration.ts";

export type ConcludedRun = VerificationRun & { readonly result: VerificationResult };

/** The number of the next verification. */
export function nextNumber(status: MigrationStatus): number {
  return Math.max(0, ...runsOf(status).map(({ number }) => number)) + 1;
}

/** The verification under way. */
export function openRun(status: MigrationStatus): VerificationRun | undefined {
  return runsOf(status).find(({ result }) => result === undefined);
}

/** What writes to a store: one Job of each at most. */
export const writers = ["copy", "sync", "repair"] as const;
export type Writer = (typeof writers)[number];

/** The run under way; also one that is being ended. */
export function openWriter<Which extends Writer>(
  status: Pick<MigrationStatus, Which>,
  which: Which,
): MigrationStatus[Which] {
  const run = status[which];
  return run?.result === undefined ? run : undefined;
}

/** The copy under way; also one that is being ended. */
export function openCopy(status: Pick<MigrationStatus, "copy">): WriterRun | undefined {
  return openWriter(status, "copy");
}

/** The smoke tests under way; also those that are being ended. */
export function openTests({ smokeTests = [] }: MigrationStatus): readonly SmokeTestStatus[] {
  return smokeTests.filter(({ result }) => result === undefined);
}

/** The newest verification for a purpose that has a result. */
export function concludedRun(status: MigrationStatus, purpose: VerificationPurpose): ConcludedRun | undefined {
  return runsOf(status).findLast((run): run is ConcludedRun => run.purpose === purpose && run.result !== undefined);
}

/** The newest verification of all that compared something. */
export function comparedRun(status: MigrationStatus): ConcludedRun | undefined {
  return runsOf(status).findLast((run): run is ConcludedRun => run.result?.outcome === "Compared");
}

/** The status with a run in the place of the one of its number; of each purpose the newest result stays. */
export function withRun(status: MigrationStatus, run: VerificationRun): MigrationStatus {
  const others = runsOf(status).filter(({ number, result }) => number !== run.number && result);
  const runs = [...others, run];
  const kept = runs.filter(
    ({ purpose }, index) =>
      !runs.some((later, at) => at > index && later.purpose === purpose && later.result !== undefined),
  );
  return { ...status, verification: { ...status.verification, runs: kept } };
}

/** The status without a verification that nobody waits for any more. */
export function withoutOpenRun(status: MigrationStatus): MigrationStatus {
  const runs = runsOf(status).filter(({ result }) => result);
  return { ...status, verification: { ...status.verification, runs } };
}

function runsOf({ verification }: MigrationStatus): readonly VerificationRun[] {
  return verification?.runs ?? [];
}

/** Room for a suffix in the 63 characters that a Job's pods can be labelled with. */
const longestPrefix = 28;

/** The same run is always the same Job; migrations of one name, one after the other, don't share theirs. */
export function jobNameOf({ name, uid }: MigrationMeta, what: string, number: number): string {
  const mark = hash("sha256", uid).slice(0, 6);
  const prefix = name.length <= longestPrefix ? name : `${name.slice(0, longestPrefix - 7)}-${mark}`;
  return `${prefix.replaceAll(".", "-")}-${what}-${number}-${mark}`;
}
