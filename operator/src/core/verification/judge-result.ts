// A result held against what the plan tolerates.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { VerificationResult } from "@retriever/crds/status/verification-status.ts";
import { type DifferenceCounts, differenceKinds, driftOf } from "@retriever/sidecar/contract/verify-report.ts";
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import type { Fact } from "../model/status-readings.ts";

/** The kinds of which there are more than the plan tolerates. */
export function surplus({ checklist }: MigrationSpec, counts: DifferenceCounts): (typeof differenceKinds)[number][] {
  return differenceKinds.filter((kind) => counts[kind] > checklist.parity.tolerance[kind]);
}

/** The same with both numbers. */
export function excess(plan: MigrationSpec, counts: DifferenceCounts): string[] {
  const { tolerance } = plan.checklist.parity;
  return surplus(plan, counts).map((kind) => `${counts[kind]} ${kind} (tolerated: ${tolerance[kind]})`);
}

/** True: equal enough. False: compared, and not. Unknown: nothing can be said, or too little was compared. */
export function judgeResult(
  plan: MigrationSpec,
  { outcome, reason, message, level, counts }: VerificationResult,
): Fact {
  if (outcome === "Unknown" || counts === undefined) {
    return { status: "Unknown", reason, message: `the stores could not be compared: ${message}` };
  }
  const wanted = plan.checklist.parity.level;
  if (verifyLevels.indexOf(level ?? "ids") < verifyLevels.indexOf(wanted)) {
    const words = `only ${level ?? "ids"} was compared, spec.checklist.parity.level is ${wanted}: raise it in the CronJob`;
    return { status: "Unknown", reason: "LevelTooLow", message: words };
  }
  if (excess(plan, counts).length > 0) return { status: "False", reason: "Drift", message };
  return { status: "True", reason: driftOf(counts) === 0 ? "Equal" : "WithinTolerance", message };
}
