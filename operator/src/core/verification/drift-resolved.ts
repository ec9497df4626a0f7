// After a late rollback: what did only the destination receive? The condition DriftResolved, and its words for people.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationResult } from "@retriever/crds/status/verification-status.ts";
import type { DifferenceCounts } from "@retriever/sidecar/contract/verify-report.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs } from "../model/status-readings.ts";
import { isLateRollback, lastReturn, servedFrom, servedSeconds } from "./purpose.ts";
import { comparedRun, concludedRun } from "./runs.ts";

/** What the source lacks or has in another form. What only the source has is no correction to it. */
export function correctionsOf({ extra, stale, payload, vector }: DifferenceCounts): number {
  return extra + stale + payload + vector;
}

/** Undefined where no traffic was ever moved. */
export function driftResolvedFact(plan: MigrationSpec, status: MigrationStatus): Fact | undefined {
  if (lastReturn(status) === undefined || servedFrom(status) === undefined) return undefined;
  const fact = judge(plan, status);
  const closed = closedBy(status);
  if (fact.status === "True" || closed === undefined) return fact;
  return { status: "True", reason: "Waived", message: `closed by ${closed.actor}: ${closed.reason} (${fact.message})` };
}

/** The waiver of parity that a person gave after the rollback. */
function closedBy(status: MigrationStatus) {
  const from = instantMs(lastReturn(status)?.at) ?? Number.POSITIVE_INFINITY;
  return status.acts?.waived?.find(({ check, at }) => check === "parity" && (instantMs(at) ?? 0) >= from);
}

function judge(plan: MigrationSpec, status: MigrationStatus): Fact {
  const unknown = (reason: string, message: string): Fact => ({ status: "Unknown", reason, message });
  if (!isLateRollback(plan, status)) {
    return unknown(
      "WithinVerifyDriftAfter",
      `nothing is compared within ${plan.rollback.verifyDriftAfter} of the cutover`,
    );
  }
  if (plan.rollback.integrity === "Skip") return unknown("Skipped", "spec.rollback.integrity is Skip");
  const result = driftResultOf(status);
  if (result === undefined) {
    return status.phase === "RolledBack" || status.rollback === undefined
      ? unknown("NotCompared", "the stores were not compared")
      : unknown("Comparing", "what was written since the cutover is compared after every pod is back");
  }
  if (result.counts === undefined) return unknown(result.reason, `the stores could not be compared: ${result.message}`);
  const open = correctionsOf(result.counts);
  if (open === 0) return { status: "True", reason: "Equal", message: result.message };
  const message = describeCorrections(status, open, result.message);
  return repairedFact(status, result, message) ?? { status: "False", reason: "CorrectionsOpen", message };
}

/** What came of the repair of this very report; undefined where there is none, or where it was ended before its own end. */
function repairedFact({ repair }: MigrationStatus, { digest }: VerificationResult, found: string): Fact | undefined {
  if (repair === undefined || repair.digest !== digest || repair.result?.outcome === "Stopped") return undefined;
  const by = `asked for by ${repair.actor}`;
  const left = (reason: string, words: string): Fact => ({ status: "False", reason, message: `${words}; ${found}` });
  if (repair.result === undefined) return left("DriftRepairing", `Job ${repair.job} repairs, ${by}`);
  const { outcome, message } = repair.result;
  if (outcome === "Completed") return { status: "True", reason: "DriftRepaired", message: `${message}; ${by}` };
  return left(outcome === "Failed" ? "DriftRepairFailed" : "DriftRepairNotStarted", message);
}

/** What was found since the cutover: an earlier one that was taken back was compared for itself. */
export function driftResultOf(status: MigrationStatus): VerificationResult | undefined {
  const run = concludedRun(status, "Rollback");
  const from = instantMs(status.cutoverAt ?? servedFrom(status)) ?? 0;
  return run !== undefined && (instantMs(run.askedAt) ?? from) >= from ? run.result : undefined;
}

function describeCorrections(status: MigrationStatus, open: number, message: string): string {
  const chunks = `${open} ${plural(open, "chunk of the destination is", "chunks of the destination are")}`;
  const digest = driftResultOf(status)?.digest;
  const named = digest === undefined ? "" : `; RepairDrift brings them there by digest ${digest}`;
  return `${chunks} not as such at the source since the cutover of ${servedFrom(status)}: ${message}${named}`;
}

/** What a rollback would hide, where a comparison knows it; empty otherwise. */
export function hiddenByRollback(status: MigrationStatus): string {
  const result = comparedRun(status)?.result;
  if (result?.counts === undefined) return "";
  const { extra } = result.counts;
  return extra === 0
    ? ""
    : `; ${extra} ${plural(extra, "chunk is", "chunks are")} only at the destination (compared at ${result.at})`;
}

/** For messages about a late rollback: `4h after the cutover`. */
export function servedFor(status: MigrationStatus): string {
  return `${printDuration(Math.max(0, servedSeconds(status) ?? 0))} after the cutover`;
}
