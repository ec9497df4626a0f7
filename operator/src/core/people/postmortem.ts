// A rollback wants a postmortem: root cause, metrics and remediation, within the time the runbook gives.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs } from "../model/status-readings.ts";

/** Whether a rollback wants one: it took traffic back, or nobody asked for it. */
export function wantsPostmortem({ rollback, revision }: MigrationStatus): boolean {
  if (rollback === undefined || revision === undefined) return false;
  return rollback.actor === null || rollback.from === "CuttingOver" || rollback.from === "Guard";
}

/** One that still isn't there a day later is told of again. */
const overdueMs = 86_400_000;

/** The condition PostmortemDue; undefined where none is wanted. `now` in epoch ms. */
export function postmortemFact(plan: MigrationSpec, status: MigrationStatus, now: number): Fact | undefined {
  if (!wantsPostmortem(status)) return undefined;
  const { postmortem, rollback } = status;
  if (postmortem !== undefined) {
    return { status: "False", reason: "Recorded", message: `recorded by ${postmortem.actor} at ${postmortem.at}` };
  }
  const dueAt = (instantMs(rollback?.at) ?? now) + durationSeconds(plan.communications.postmortemDue) * 1000;
  const due = new Date(dueAt).toISOString();
  if (now < dueAt) return { status: "False", reason: "NotDueYet", message: `due at ${due}` };
  const reason = now < dueAt + overdueMs ? "Due" : "Overdue";
  return { status: "True", reason, message: `due since ${due}; record it by a Postmortem act` };
}
