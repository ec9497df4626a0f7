// What the checker remembers from reconcile to reconcile, by its own counting.

import { absenceSteps, rates, steps } from "./plan.ts";
import type { Reconcile } from "./reconcile.ts";
import {
  allRun,
  enoughRun,
  hasGoodSamples,
  hasLasted,
  isFinal,
  isHarmless,
  isMixed,
  isOfEpoch,
  shadowRate,
  stageOf,
  stepsTold,
} from "./truths.ts";
import { type Ghost, type GhostHarm, noHarm, noSample, type Seen, type World } from "./world.ts";

/** The memory as the reconcile finds it: with the time since the last one, and with what it sees itself. */
export function ghostFound(reconcile: Reconcile): Ghost {
  const { found, evidence, after } = reconcile;
  const { ghost } = found;
  const away = Math.min(absenceSteps, ghost.away + after);
  const behind = allRun(found, evidence) ? 0 : Math.min(steps.ackTimeout + 1, ghost.behind + after);
  const isGood = isGuardGood(reconcile, behind);
  const isWatched = isGood && evidence === "healthy";
  const credited = ghost.lastReconcileGood && isWatched && away < absenceSteps ? away : 0;
  return {
    ...ghost,
    away,
    behind,
    sampled: sampledBy({ ...ghost, behind }, found, evidence, after),
    guarded: isWatching(found) ? Math.min(steps.guard, ghost.guarded + credited) : 0,
    mixed: found.status.phase === "CuttingOver" && isMixed(found) ? Math.min(4, ghost.mixed + after) : 0,
    harm: harmUntold(found),
  };
}

function sampledBy(ghost: Ghost, found: World, evidence: Reconcile["evidence"], after: number): number {
  if (ghost.sampled >= 0) return Math.min(steps.stage, ghost.sampled + after);
  const isSeen = found.listable && evidence !== "silent" && shadowRate(found) > 0;
  const hasSample = (pod: World["pods"][number]): boolean =>
    pod.seen !== "nothing" && pod.force?.document.revision.epoch === found.status.epoch;
  if (ghost.sampled === noSample && !(isSeen && found.pods.some(hasSample))) return noSample;
  return enoughRun(found, evidence, ghost) ? 0 : -1;
}

function isGuardGood(reconcile: Reconcile, behind: number): boolean {
  const { found, left, evidence } = reconcile;
  const isPaused = left.status.acts?.paused === true;
  const { score, errors } = harmSeen(reconcile);
  return (
    !isPaused && enoughRun(found, evidence, { behind }) && isHarmless(evidence, found) && score === 0 && errors === 0
  );
}

/** Harm as the reconcile sees it: with the steps that it is told of. */
export function harmSeen({ found, evidence }: Reconcile): GhostHarm {
  const told = stepsTold(found, evidence);
  return told.length === 0 ? harmUntold(found) : told.reduce(harmAfter, found.ghost.harm);
}

/** The harm that was told of, while what came since is still to be told: a first step without a sample is seen no more. */
function harmUntold(found: World): GhostHarm {
  const isEmpty = found.pods.every((pod) => !isOfEpoch(pod, found) || (pod.unread[0] ?? "nothing") === "nothing");
  return isEmpty ? harmAfter(found.ghost.harm, []) : found.ghost.harm;
}

/** What a change leaves of the memory: steps that went with the last process that could tell of them were not seen. */
export function ghostMoved(from: World, to: World): World {
  const lost = mostUntold(from) - mostUntold(to);
  if (lost <= 0) return to;
  const unseen = Array.from({ length: lost }, () => []);
  return { ...to, ghost: { ...to.ghost, harm: unseen.reduce(harmAfter, to.ghost.harm) } };
}

function mostUntold(world: World): number {
  return Math.max(0, ...world.pods.filter((pod) => isOfEpoch(pod, world)).map(({ unread }) => unread.length));
}

/** A step with samples of one cause refutes the others; one without a sample refutes nothing, and proves nothing. */
function harmAfter(before: GhostHarm, pods: readonly Seen[]): GhostHarm {
  const harm = before.hole >= steps.gap ? { ...noHarm, severe: before.severe } : before;
  const seen = pods.find((pod) => pod !== "nothing") ?? "nothing";
  switch (seen) {
    case "nothing":
      return before.score + before.errors > 0 ? { ...before, hole: Math.min(steps.gap, before.hole + 1) } : before;
    case "good":
      return noHarm;
    case "bad":
      return { ...noHarm, score: Math.min(2, harm.score + 1) };
    case "errors": {
      const isEverywhere = pods.length > 1 && pods.every((pod) => pod === "errors");
      return { ...noHarm, errors: Math.min(2, harm.errors + 1), severe: harm.severe || isEverywhere };
    }
  }
}

/** Harm that is to be acted on at once: most requests fail in every pod, and the source is seen to answer. */
export function isSevere({ severe }: GhostHarm, { found, evidence }: Reconcile): boolean {
  return severe && found.listable && evidence !== "silent" && found.down !== "source";
}

/** The memory that goes on: what a reconcile that was written leaves behind. */
export function ghostLeft(reconcile: Reconcile): Ghost {
  const { left } = reconcile;
  const before = ghostFound(reconcile);
  const isGuard = isWatching(left);
  const isRevised = isNewRevision(reconcile);
  const harm = harmSeen(reconcile);
  // Harm that is due and stays voids what the guard had counted.
  const isVoid = isGuard && (hasLasted(harm) || isSevere(harm, reconcile));
  const isSampling = shadowRate(left) > 0;
  const sampled = isRevised || !isSampling ? noSample : before.sampled;
  return {
    passed: keepsPassed(left) || isSampling ? passedBy(reconcile, before) : 0,
    sampled,
    promoted: left.status.phase === "AwaitingCutover" && before.promoted,
    guarded: isGuard && !isVoid ? before.guarded : 0,
    lastReconcileGood: isGuard && isGuardGood(reconcile, before.behind),
    away: isGuard && !reconcile.isWritten ? before.away : 0,
    harm: isRevised ? noHarm : reconcile.isTaken ? harm : before.harm,
    behind: isRevised || !isAwaited(left) ? 0 : before.behind,
    mixed: left.status.phase === "CuttingOver" ? before.mixed : 0,
  };
}

/** On the way from the last stage, or back to it. */
function keepsPassed({ status: { phase } }: World): boolean {
  return phase === "CuttingOver" || phase === "RollingBack" || phase === "VerifyingDrift";
}

/** Something goes forward once the pods follow, or enough of them. */
export function isAwaited(world: World): boolean {
  const { revision, phase } = world.status;
  return revision !== undefined && !isFinal(world) && phase !== "RollingBack" && phase !== "VerifyingDrift";
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
  const isAhead = left.status.phase === "AwaitingCutover" || keepsPassed(left);
  const next = isAhead ? rates.length : Math.max(0, stageOf(shadowRate(left)));
  return Math.min(passed, next);
}
