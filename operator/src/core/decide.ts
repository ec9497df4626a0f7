// The decision: an observation and a status in, the next status and what to do out. Total, deterministic, without I/O.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { finalPhases } from "@retriever/crds/status/phase-steps.ts";
import { assess } from "./assess.ts";
import { keepSyncing } from "./checks/sync.ts";
import type { Context } from "./model/context.ts";
import type { Announcement, Decision, Outcome } from "./model/decision.ts";
import type { Migration } from "./model/migration.ts";
import type { Delivery, Observation } from "./model/observation.ts";
import { isRollingBack } from "./model/status-readings.ts";
import { farewellSinks } from "./outbox/incidents.ts";
import { nextDeliveryMs, updateOutbox } from "./outbox/outbox.ts";
import { converge } from "./overlay/converge.ts";
import { isSettled } from "./overlay/overlay-state.ts";
import { judgedActs, pruneActs } from "./overlay/prune-acts.ts";
import { announceFlips } from "./people/announce.ts";
import { endUnwantedRepair } from "./people/drift-repair.ts";
import { settlePromote } from "./people/promote.ts";
import { tellSyncLate } from "./people/sync-waits.ts";
import { tellWaits } from "./people/waits.ts";
import { awaitingApproval } from "./phases/awaiting-approval.ts";
import { awaitingCutover } from "./phases/awaiting-cutover.ts";
import { cuttingOver } from "./phases/cutting-over.ts";
import { guard } from "./phases/guard.ts";
import { pending } from "./phases/pending.ts";
import { preflight } from "./phases/preflight.ts";
import { rollingBack } from "./phases/rolling-back.ts";
import { sampling } from "./phases/sampling.ts";
import { settle } from "./phases/settle.ts";
import { effectivePlan, planToGoBack } from "./plan.ts";
import { adoptRollback } from "./preempt/adopt-rollback.ts";
import { tellBehindHarm } from "./preempt/behind-harm.ts";
import { conflicts } from "./preempt/conflicts.ts";
import { deletion } from "./preempt/deletion.ts";
import { harmed } from "./preempt/harmed.ts";
import { latched } from "./preempt/latched.ts";
import { paused } from "./preempt/paused.ts";
import { replanned } from "./preempt/replanned.ts";
import { tellStrays } from "./preempt/strays.ts";
import { unarmed } from "./preempt/unarmed.ts";
import { unobserved } from "./preempt/unobserved.ts";
import { recover } from "./recover.ts";
import { withColumns } from "./status/columns.ts";
import { renderConditions } from "./status/conditions.ts";
import { withOpenChecks } from "./status/open-checks.ts";
import { isNews, record } from "./status/record.ts";
import { holdDamaged, refuseUnreadable } from "./status/refuse.ts";
import { storable } from "./status/storable.ts";
import { endForbiddenCopy } from "./steps/hold-by-policy.ts";
import { holdUnreadable } from "./steps/hold-unreadable.ts";
import { notAhead } from "./time/not-ahead.ts";

type DecideInput = {
  readonly observation: Observation;
  readonly migration: Migration;
  /** Epoch ms. */
  readonly now: number;
};

/** A rule that may answer before the phase does; undefined when it has nothing to say. */
type Preemption = (c: Context) => Outcome | undefined;
type Handler = (c: Context) => Outcome;

/** In every phase but those that are carried through; in this order, the first that answers decides. */
const preemptions: readonly Preemption[] = [
  adoptRollback,
  latched,
  harmed,
  conflicts,
  paused,
  unobserved,
  unarmed,
  replanned,
];

/** A rollback is finished before anything else is considered, and a finished migration only settles: it never runs again. */
const carriedThrough: readonly Phase[] = ["RollingBack", "VerifyingDrift", ...finalPhases];

/** What each phase does when nothing preempts it. */
const handlers: Readonly<Record<Phase, Handler>> = {
  Pending: pending,
  Preflight: preflight,
  AwaitingApproval: awaitingApproval,
  WarmUp: sampling,
  Ramp: sampling,
  AwaitingCutover: awaitingCutover,
  CuttingOver: cuttingOver,
  Guard: guard,
  Completed: settle,
  RollingBack: rollingBack,
  VerifyingDrift: rollingBack,
  RolledBack: settle,
  Validated: settle,
};

/** An act that is gone wakes its migration; until then it is looked for now and then, in phases that wait for nothing, too. */
const untilPrunedMs = 30_000;

/** Never throws for anything that parsed. At the fixed point the status is the present one and nothing is to be done. */
export function decide({ observation, migration: stored, now }: DecideInput): Decision {
  const migration = recover(datedByNow(stored, now), observation, now);
  const answered = answer(migration, observation, now);
  if (answered === undefined) return refuseUnreadable(migration, { deliveries: deliveriesOf(observation), now });
  const { c, first } = answered;
  const outcome = tellSyncLate(
    c,
    tellBehindHarm(c, tellWaits(c, tellStrays(c, settlePromote(c, holdUnreadable(c, first))))),
  );
  const recorded = record(c, withOpenChecks(c, outcome));
  const conditions = renderConditions(c, { ...outcome, status: recorded });
  const judged: MigrationStatus = { ...recorded, conditions, observedGeneration: migration.meta.generation };
  const said = [...c.actAnnouncements, ...outcome.announcements, ...announceFlips(c, judged)];
  const isLeaving = migration.meta.deleting && outcome.cleanup !== undefined;
  const status = storable(withOutbox(c, judged, { announcements: said, isLeaving }));
  const news = isNews(c, status);
  const effects = [
    ...converge({ meta: migration.meta, plan: c.plan, observation, status, cleanup: outcome.cleanup }),
    ...pruneActs(observation, migration.status),
  ];
  return {
    status: news ? withColumns(status, c.plan) : migration.status,
    effects,
    // What is not in the status as announced would be announced again in every reconcile.
    announcements: news ? said : [],
    requeueAfterMs: soonest(outcome.requeueAfterMs, [
      ...(effects.some(({ kind }) => kind !== "pruneActs") ? [1000] : []),
      ...(judgedActs(observation, status).length > 0 ? [untilPrunedMs] : []),
      ...nextDeliveryMs(status.outbox ?? [], now),
    ]),
    effectsSurviveStatusFailure: isRollingBack(status),
  };
}

function datedByNow(migration: Migration, now: number): Migration {
  const status = notAhead(migration.status, now);
  return status === migration.status ? migration : { ...migration, status };
}

type Answered = { readonly c: Context; readonly first: Outcome };

/** What the first that has something to say answers; undefined where no plan says what it is about. */
function answer(migration: Migration, observation: Observation, now: number): Answered | undefined {
  const accepted = effectivePlan(migration, observation.policies);
  const overlay = observation.overlay.ok ? observation.overlay.value : null;
  const plan = accepted ?? planToGoBack(migration, overlay);
  if (plan === undefined) return undefined;
  const c = endUnwantedRepair(keepSyncing(endForbiddenCopy(assess(migration, plan, observation, now))));
  if (accepted !== undefined || needsNoPlan(c)) return { c, first: firstAnswer(c) };
  const held = unjudged(c);
  return { c: held, first: adoptRollback(held) ?? holdDamaged(held) };
}

/** A person called it back, or it is on its way, or nothing of it is in force: for that it needs no plan that was agreed on. */
function needsNoPlan({ status }: Context): boolean {
  const isBack = isRollingBack(status) || status.phase === "RolledBack";
  return status.acts?.latched !== undefined || isBack || isSettled(status);
}

/** The status as it was read: nothing is judged, and no act taken, by a plan that nobody agreed on. */
function unjudged({ promote: _promote, ...c }: Context): Context {
  const { status } = c.migration;
  return { ...c, status, gates: status.gates, gatesAlone: [], actAnnouncements: [] };
}

/** What people outside are to be told goes into the same write as what it tells of. */
function withOutbox(
  c: Context,
  next: MigrationStatus,
  said: { readonly announcements: readonly Announcement[]; readonly isLeaving: boolean },
): MigrationStatus {
  const deliveries = deliveriesOf(c.observation);
  const before = c.migration.status;
  const outbox = updateOutbox({ meta: c.meta, plan: c.plan, before, next, deliveries, ...said, now: c.now });
  if (outbox.length === 0) return next;
  const told = { ...next, outbox: [...outbox] };
  const sinks = said.isLeaving ? farewellSinks(told, c.now) : [];
  const message = `deleting: before it goes, ${sinks.join(", ")} hear that its incidents are over`;
  return sinks.length === 0 ? told : { ...told, message };
}

function deliveriesOf({ deliveries: read }: Observation): readonly Delivery[] {
  return read?.ok === true ? read.value : [];
}

function soonest(first: number | null, others: readonly number[]): number | null {
  const delays = first === null ? others : [first, ...others];
  return delays.length === 0 ? null : Math.min(...delays);
}

function firstAnswer(c: Context): Outcome {
  const { phase } = c.status;
  const rules = carriedThrough.includes(phase) ? [deletion] : [deletion, ...preemptions];
  for (const preempt of rules) {
    const outcome = preempt(c);
    if (outcome !== undefined) return outcome;
  }
  return handlers[phase](c);
}
