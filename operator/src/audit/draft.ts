// From a reconcile to a record: which reconciles are worth one, and what it holds. Decides nothing about the migration.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { countedBy } from "#core/assess.ts";
import type { Decision } from "#core/model/decision.ts";
import { totalsOf } from "#core/pods/epoch-evidence.ts";
import {
  type AuditCommon,
  actorsOf,
  auditSchema,
  type CountersDraft,
  canonicalJson,
  type DecisionDraft,
  type DecisionInput,
  keepDecision,
} from "#core/status/audit-record.ts";
import { keepInput } from "./kept-input.ts";

/** A reconcile that led to something: its status is written, or its rollback goes ahead without. */
export type ReconcileRecord = {
  readonly input: DecisionInput;
  readonly decision: Decision;
  readonly statusWritten: boolean;
};

/** Whether something is done, told or stepped: what only counts up is left to the counters. */
export function isDecisive({ input, decision }: ReconcileRecord): boolean {
  const before = input.migration.status;
  const { status, effects, announcements } = decision;
  return (
    effects.length > 0 ||
    announcements.length > 0 ||
    status.phase !== before.phase ||
    status.epoch !== before.epoch ||
    status.stage?.index !== before.stage?.index
  );
}

/** Equal for decisions that do and tell the same: an effect that fails is decided again at every reconcile. */
export function gistOf({ decision, statusWritten }: ReconcileRecord): string {
  const { status, effects, announcements } = decision;
  return canonicalJson([status.phase, status.epoch, status.stage?.index, effects, announcements, statusWritten]);
}

/** Whether there are counters worth keeping: a migration at its end, or before its first epoch, counts nothing. */
export function isCounting(status: MigrationStatus): boolean {
  return status.evidence !== undefined && status.revision?.shadow !== "none" && !isFinalPhase(status.phase);
}

/** The decision, whole: what was seen, what followed from it, and who asked for it. */
export function draftDecision(reconcile: ReconcileRecord): DecisionDraft {
  const { input, decision, statusWritten } = reconcile;
  const before = input.migration.status;
  return {
    ...commonOf(reconcile),
    kind: "decision",
    statusWritten,
    actors: actorsOf(input.observation, before, decision.status),
    ...(decision.status.epoch === before.epoch ? {} : { totals: countedBy(input.now, before, input.observation) }),
    input: keepInput(input),
    decision: keepDecision(before, decision),
  };
}

/** The counters as they stand, without what they were read from. */
export function draftCounters(reconcile: ReconcileRecord): CountersDraft {
  const { evidence, dispersion, guard, harm } = reconcile.decision.status;
  return {
    ...commonOf(reconcile),
    kind: "counters",
    pods: evidence?.groups.reduce((sum, { processes }) => sum + processes.length, 0) ?? 0,
    totals: evidence === undefined ? null : totalsOf(evidence),
    dispersion: dispersion ?? null,
    guard: guard ?? null,
    harm: harm ?? null,
  };
}

function commonOf({ input, decision }: ReconcileRecord): AuditCommon {
  const { namespace, name, uid } = input.migration.meta;
  const { phase, epoch, gates } = decision.status;
  const at = new Date(input.now).toISOString();
  return { schema: auditSchema, at, migration: { namespace, name, uid }, phase, epoch, verdicts: gates, missing: 0 };
}
