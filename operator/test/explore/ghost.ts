// What the checker remembers from reconcile to reconcile, by its own counting.

import { absenceSteps, rates, steps } from "./plan.ts";
import type { Reconcile } from "./reconcile.ts";
import { allRun, hasGoodSamples, isHarmless, isMixed, shadowRate, stageOf } from "./truths.ts";
import { type Ghost, noSample, type World } from "./world.ts";

/** The memory as the reconcile finds it: with the time since the last one, and with what it sees itself. */
export function ghostFound(reconcile: Reconcile): Ghost {
  const { found, evidence, after } = reconcile;
  const { ghost } = found;
  const away = Math.min(absenceSteps, ghost.away + after);
  const isGood = isGuardGood(reconcile);
  const credited = ghost.lastReconcileGood && isGood && away < absenceSteps ? away : 0;
  return {
    ...ghost,
    away,
    sampled: sampledBy(ghost, found, evidence, after),
    guarded: isWatching(found) ? Math.min(steps.guard, ghost.guarded + credited) : 0,
    mixed: found.status.phase === "CuttingOver" && isMixed(found) ? Math.min(4, ghost.mixed + after) : 0,
  };
}

function sampledBy(ghost: Ghost, found: World, evidence: Reconcile["evidence"], after: number): number {
  if (ghost.sampled >= 0) return Math.min(steps.stage, ghost.sampled + after);
  const isSeen = found.listable && evidence !== "silent" && shadowRate(found) > 0;
  const hasSample = (pod: World["pods"][number]): boolean =>
    pod.seen !== "nothing" && pod.force?.document.revision.epoch === found.status.epoch;
  if (ghost.sampled === noSample && !(isSeen && found.pods.some(hasSample))) return noSample;
  return allRun(found, evidence) ? 0 : -1;
}

function isGuardGood({ found, left, evidence }: Reconcile): boolean {
  const isPaused = left.status.acts?.paused === true;
  return !isPaused && allRun(found, evidence) && isHarmless(evidence, found);
}

/** The memory that goes on: what a reconcile that was written leaves behind. */
export function ghostLeft(reconcile: Reconcile): Ghost {
  const { left, found, evidence } = reconcile;
  const before = ghostFound(reconcile);
  const isGuard = isWatching(left);
  const isRevised = isNewRevision(reconcile);
  const isBlind = !found.listable || evidence === "silent" || evidence === "unknown" || !hasFollower(found);
  const isHarmful = !isBlind && (evidence === "harmful" || evidence === "errors");
  // Harm in two reconciles is due: what the guard had counted is void.
  const isVoid =
    isGuard &&
    ((isHarmful && evidence === "errors" && found.down !== "source") ||
      (isHarmful && found.ghost.lastReconcileHarmful));
  const isSampling = shadowRate(left) > 0;
  const sampled = isRevised || !isSampling ? noSample : before.sampled;
  return {
    passed: left.status.phase === "CuttingOver" || isSampling ? passedBy(reconcile, before) : 0,
    sampled,
    promoted: left.status.phase === "AwaitingCutover" && before.promoted,
    guarded: isGuard && !isVoid ? before.guarded : 0,
    lastReconcileGood: isGuard && isGuardGood(reconcile),
    away: isGuard && !reconcile.isWritten ? before.away : 0,
    // Time without observation never clears a finding.
    lastReconcileHarmful: isGuard && (isHarmful || (isBlind && before.lastReconcileHarmful)),
    mixed: left.status.phase === "CuttingOver" ? before.mixed : 0,
  };
}

/** Only pods of the epoch have evidence of it. */
function hasFollower({ pods, status }: World): boolean {
  return pods.some((pod) => pod.force?.document.revision.epoch === status.epoch);
}

/** The guard is under way: the source is still asked. */
function isWatching({ status }: World): boolean {
  return status.phase === "Guard" && status.revision?.shadow === "source";
}

/** This reconcile decided on another revision. */
export function isNewRevision({ found, epoch, isWritten }: Reconcile): boolean {
  return isWritten && epoch !== found.status.epoch;
}

/** Stages passed by our own clock. A rate that fell, or is measured again, has to be passed again. */
function passedBy(reconcile: Reconcile, before: Ghost): number {
  const { found, left } = reconcile;
  const stage = stageOf(shadowRate(found));
  const hasHeld =
    before.sampled >= steps.stage && hasGoodSamples(found) && isHarmless(reconcile.evidence, found) && stage >= 0;
  const passed = hasHeld ? Math.max(before.passed, stage + 1) : before.passed;
  const isAhead = left.status.phase === "AwaitingCutover" || left.status.phase === "CuttingOver";
  const next = isAhead ? rates.length : Math.max(0, stageOf(shadowRate(left)));
  return Math.min(passed, next);
}
