// Conditions from facts. They are rendered anew each time; only the time of a flip is remembered.
import type { Condition, ConditionType, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { sidecarSource } from "../checks/alerts.ts";
import { judgeCheck } from "../checks/checklist.ts";
import { judgeCopy } from "../checks/copy.ts";
import { judgeSync } from "../checks/sync.ts";
import { readPlan } from "../model/accepted-plan.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";
import { epochsOutOfRange } from "../overlay/epochs.ts";
import { isOverlayGone } from "../overlay/overlay-state.ts";
import { currentSpec } from "../people/current-spec.ts";
import { judgeEdits } from "../people/edits.ts";
import { postmortemFact } from "../people/postmortem.ts";
import { nameSome } from "../pods/pods.ts";
import { describeAcks, isAckOverdue } from "../steps/propagation.ts";
import { clip } from "../steps/transition.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { summarise } from "./summary.ts";

type Facts = Partial<Record<ConditionType, Fact>>;

/** All conditions of a status, in a fixed order; `lastTransitionTime` moves only when a status flips. */
export function renderConditions(c: Context, outcome: Outcome): Condition[] {
  const next = outcome.status;
  const facts: Facts = {
    ...progressFacts(c, next),
    ...evidenceFacts(c, next),
    ...endFacts(c, outcome),
    ...summarise(next, outcome),
  };
  const before = new Map(c.migration.status.conditions.map((condition) => [condition.type, condition]));
  return (Object.entries(facts) as [ConditionType, Fact][]).map(([type, fact]) => {
    const old = before.get(type);
    return {
      type,
      status: fact.status,
      reason: fact.reason,
      message: clip(fact.message),
      lastTransitionTime: old !== undefined && old.status === fact.status ? old.lastTransitionTime : c.nowIso,
      observedGeneration: c.meta.generation,
    };
  });
}

function progressFacts(c: Context, next: MigrationStatus): Facts {
  const accepted: Fact =
    next.phase === "Pending"
      ? { status: "False", reason: "NotAccepted", message: next.message }
      : acceptedFact(c, next);
  return {
    Accepted: accepted,
    ...(next.planHash === "" ? {} : checkFacts(c, next)),
    ...(next.revision === undefined ? {} : { ConfigPropagated: propagated(c, next), ...inputFacts(c) }),
    Paused:
      next.acts?.paused === true
        ? { status: "True", reason: "PausedByPerson", message: "create a Resume act to go on" }
        : { status: "False", reason: "NotPaused", message: "" },
  };
}

/** Names whom nothing was taken from, from the first time on that there is somebody. */
function inputFacts(c: Context): Facts {
  const before = c.migration.status.conditions.find(({ type }) => type === "InputsProved");
  const { pods, unproved = [] } = c.observation;
  if (!pods.ok && before !== undefined) return { InputsProved: before };
  const outOfRange = epochsOutOfRange(c);
  const message = [
    ...(unproved.length === 0 ? [] : [`pods that aren't proved: ${unproved.join("; ")}`]),
    ...(outOfRange.length === 0
      ? []
      : [`epochs that can't be of this migration, which is at ${c.status.epoch}: ${nameSome(outOfRange)}`]),
  ].join(". Then ");
  if (message !== "") {
    const reason = unproved.length > 0 ? "PodNotProved" : "EpochOutOfRange";
    return { InputsProved: { status: "False", reason, message: `not taken into account: ${message}` } };
  }
  const fact: Fact = { status: "True", reason: "AllProved", message: "pods, overlay and epochs are this migration's" };
  return before === undefined ? {} : { InputsProved: fact };
}

const checking: readonly Phase[] = ["Pending", "Preflight", "AwaitingApproval"];

/** The plan that is followed, and what an edit of the spec does to it. */
function acceptedFact({ migration, observation }: Context, next: MigrationStatus): Fact {
  const { plan, planHash } = next;
  const message = `plan ${planHash || "none"}`;
  const accepted = plan === "" ? undefined : readPlan(plan);
  if (accepted === undefined) return { status: "True", reason: "Accepted", message };
  const current = currentSpec({ ...migration, status: next }, observation.policies);
  if (current === undefined) {
    return { status: "True", reason: "EditIgnored", message: `${message} goes on; the spec is not valid any more` };
  }
  const { applied, gated } = judgeEdits(accepted, current);
  const taken = applied.length === 0 ? "" : `; applied from the spec: ${applied.join(", ")}`;
  if (gated.length === 0)
    return { status: "True", reason: taken === "" ? "Accepted" : "SafeEditApplied", message: `${message}${taken}` };
  const left = `${gated.join(", ")} can't change any more`;
  return {
    status: "True",
    reason: "EditIgnored",
    message: `${message} goes on: ${left}; create another migration${taken}`,
  };
}

/** The checklist keeps the answer it had when the preflight was passed; a Prometheus is listened to until the end. */
function checkFacts(c: Context, next: MigrationStatus): Facts {
  // The reconcile that answers it is the last one that asks.
  const asked = [c.status.phase, next.phase].some((phase) => checking.includes(phase));
  const asksAgain = c.status.phase === "AwaitingCutover";
  // What this reconcile has asked for is under way.
  const of = next.verification === undefined ? c : { ...c, status: { ...c.status, verification: next.verification } };
  const listens = c.plan.metrics.source !== sidecarSource && !isFinalPhase(next.phase);
  const kept = (type: ConditionType, judge: () => Fact, isAsked = asked): Fact => {
    const old = c.migration.status.conditions.find((condition) => condition.type === type);
    return !isAsked && old !== undefined ? old : judge();
  };
  return {
    Reachable: kept("Reachable", () => judgeCheck(c, "reachable")),
    ParityVerified: kept("ParityVerified", () => skippable(judgeCheck(of, "parity")), asked || asksAgain),
    ...copyFacts(c, next, kept),
    ...syncFacts(c, next),
    AlertsArmed: kept("AlertsArmed", () => skippable(judgeCheck(c, "alerts")), asked || listens),
    Approved: kept("Approved", () => skippable(judgeCheck(c, "approvals")), asked || asksAgain),
  };
}

type Kept = (type: ConditionType, judge: () => Fact) => Fact;

/** Absent where the plan asks for no copy. */
function copyFacts(c: Context, { copy }: MigrationStatus, kept: Kept): Facts {
  const fact = judgeCopy(copy === undefined ? c : { ...c, status: { ...c.status, copy } });
  return fact === undefined ? {} : { DataCopied: kept("DataCopied", () => fact) };
}

/** Absent where the plan asks for no sync, and where none was begun. */
function syncFacts(c: Context, next: MigrationStatus): Facts {
  const fact = next.phase === "Pending" ? undefined : judgeSync({ ...c, status: next });
  return fact === undefined ? {} : { DataSynced: fact };
}

/** A skipped or waived check was not verified: the condition says Unknown, openly. */
function skippable(fact: Fact): Fact {
  return fact.reason === "Skipped" || fact.reason === "Waived" ? { ...fact, status: "Unknown" } : fact;
}

function propagated(c: Context, next: MigrationStatus): Fact {
  if (next.epoch !== c.status.epoch)
    return { status: "False", reason: "Propagating", message: `epoch ${next.epoch} was just decided` };
  if (isOverlayGone(c.status, c.observation)) {
    return { status: "True", reason: "OverlayRemoved", message: "the pods are on their base" };
  }
  const message = `epoch ${next.epoch}: ${describeAcks(c.acks)}`;
  if (c.acks.state === "all") return { status: "True", reason: "AllPodsFollow", message };
  if (c.acks.state !== "quorum") return notPropagated(c, message);
  return { status: "True", reason: c.acks.fenced.length > 0 ? "PodsFenced" : "QuorumFollows", message };
}

/** A failed read neither clears a delay nor begins its clock anew. */
function notPropagated(c: Context, message: string): Fact {
  const before = c.migration.status.conditions.find(({ type }) => type === "ConfigPropagated");
  if (c.acks.state === "unknown") {
    return before?.status === "False" ? before : { status: "Unknown", reason: "NotObserved", message };
  }
  const isOverdue = isAckOverdue(c);
  return c.acks.state === "waiting"
    ? { status: "False", reason: isOverdue ? "AckTimeout" : "Propagating", message }
    : { status: "Unknown", reason: isOverdue ? "AckTimeout" : "NoPods", message };
}

function evidenceFacts(c: Context, next: MigrationStatus): Facts {
  // At the end there is nothing to watch any more, and the base is meant to change.
  if (next.revision === undefined || isFinalPhase(next.phase)) return {};
  const findings = c.harm.weighing.map((finding) => finding.message).join("; ");
  const sampling = next.revision.shadow !== "none" || next.revision.primary === "destination";
  const metrics: Fact = !sampling
    ? { status: "Unknown", reason: "NotSampling", message: "nothing is sampled now" }
    : !c.harm.known || next.epoch !== c.status.epoch
      ? { status: "Unknown", reason: "NoEvidence", message: "no pod has evidence of this epoch yet" }
      : findings === ""
        ? { status: "True", reason: "NoHarm", message: "the destination is not worse than the source" }
        : { status: "False", reason: "Harm", message: findings };
  return { MetricsHealthy: metrics, RollbackReady: c.rollbackReady };
}

function endFacts(c: Context, outcome: Outcome): Facts {
  const next = outcome.status;
  const isUnborn = c.migration.status.phase === "Pending" && next.phase === "Pending";
  return {
    ...cutoverFacts(next),
    ...rollbackFacts(c, next),
    ...postmortemFacts(c, next),
    ...(isUnborn ? {} : { Settled: settledFact(outcome) }),
  };
}

function cutoverFacts({ cutoverAt, phase, guard, acts, rollback }: MigrationStatus): Facts {
  // Until the guard pods may have served from either store.
  if (cutoverAt === undefined || phase === "CuttingOver" || rollback?.from === "CuttingOver") return {};
  const CutOver: Fact = { status: "True", reason: "CutOver", message: `since ${cutoverAt}` };
  if (phase !== "Completed" || guard === undefined) return { CutOver };
  const message = `${Math.round(guard.watchedSeconds)} s healthy, ${Math.round(guard.idleSeconds)} s idle`;
  const by = acts?.guardCompletedBy;
  const GuardPassed: Fact =
    by === undefined
      ? { status: "True", reason: "GuardPassed", message }
      : { status: "True", reason: "GuardCompleted", message: `${message}; ended by ${by.actor}: ${by.reason}` };
  return { CutOver, GuardPassed };
}

function postmortemFacts(c: Context, next: MigrationStatus): Facts {
  const fact = postmortemFact(c.plan, next, c.now);
  return fact === undefined ? {} : { PostmortemDue: fact };
}

function rollbackFacts(c: Context, next: MigrationStatus): Facts {
  const { rollback, phase } = next;
  const drift = driftResolvedFact(c.plan, next);
  const found: Facts = drift === undefined ? {} : { DriftResolved: drift };
  if (rollback === undefined) return found;
  const RolledBack: Fact = {
    status: phase === "RolledBack" ? "True" : "False",
    reason: rollback.reason,
    message: rollback.causes.join("; "),
  };
  return { RolledBack, ...found };
}

function settledFact({ status, cleanup, reason }: Outcome): Fact {
  if (!isFinalPhase(status.phase))
    return { status: "False", reason: "Running", message: "don't decommission anything" };
  return { status: cleanup === "nothingLeft" ? "True" : "False", reason, message: status.message };
}
