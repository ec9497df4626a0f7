// Invariants of one reconcile: what it found, what it left. Written down a second time, from the design and not from the core.
import { checkDrift } from "./check-drift.ts";
import { checkHarm } from "./check-harm.ts";
import type { Evidence } from "./evidence.ts";
import { ghostFound, isNewRevision } from "./ghost.ts";
import { origin, rates, steps } from "./plan.ts";
import type { Reconcile } from "./reconcile.ts";
import type { Report } from "./report.ts";
import {
  allRun,
  enoughRun,
  hasGoodSamples,
  isFinal,
  isHarmless,
  isMixed,
  isOfEpoch,
  isRollbackKnown,
  primariesOf,
  shadowRate,
} from "./truths.ts";
import { type Ghost, type Pod, primaryOf, type World } from "./world.ts";

/** The steps a migration may take. */
const mayFollow: Readonly<Record<string, readonly string[]>> = {
  Pending: ["Preflight", "Completed", "RollingBack", "RolledBack"],
  Preflight: ["AwaitingApproval", "RollingBack", "RolledBack"],
  AwaitingApproval: ["WarmUp", "RollingBack"],
  WarmUp: ["Ramp", "AwaitingCutover", "RollingBack"],
  Ramp: ["AwaitingCutover", "RollingBack"],
  AwaitingCutover: ["CuttingOver", "Ramp", "RollingBack"],
  CuttingOver: ["Guard", "RollingBack"],
  Guard: ["Completed", "RollingBack"],
  RollingBack: ["VerifyingDrift", "RolledBack", "AwaitingCutover"],
  VerifyingDrift: ["RolledBack", "RollingBack", "AwaitingCutover"],
};
const order = [
  "Pending",
  "Preflight",
  "AwaitingApproval",
  "WarmUp",
  "Ramp",
  "AwaitingCutover",
  "CuttingOver",
  "Guard",
  "Completed",
];

export function checkReconcile(reconcile: Reconcile, report: Report): void {
  checkPhases(reconcile, report);
  checkRise(reconcile, report);
  checkUnknown(reconcile, report);
  checkCutover(reconcile, report);
  checkRollback(reconcile, report);
  checkLatch(reconcile, report);
  checkEnds(reconcile, report);
  checkDrift(reconcile, report);
  checkHarm(reconcile, report);
}

function checkPhases({ found, left, isWritten }: Reconcile, report: Report): void {
  const [from, to] = [found.status, left.status];
  const isStep = from.phase === to.phase || mayFollow[from.phase]?.includes(to.phase) === true;
  report.check("phases", isStep, `${from.phase} to ${to.phase}`);
  if (isFinal(found)) report.check("final", from.phase === to.phase, `${from.phase} to ${to.phase}`);
  if (
    found.acts.length === 0 &&
    from.acts?.paused === true &&
    from.phase !== "CuttingOver" &&
    !back.includes(from.phase)
  )
    report.check(
      "pause",
      order.indexOf(to.phase) <= order.indexOf(from.phase) && shadowRate(left) <= shadowRate(found),
      "went on while paused",
    );
  report.check(
    "status",
    !isWritten || left.status.message !== "" || left.status.phase === "Pending",
    "no message to go by",
  );
}

/** Rates rise only on acknowledged, harmless, long enough evidence of the rate before. */
function checkRise(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence } = reconcile;
  const [before, after] = [shadowRate(found), shadowRate(left)];
  if (after <= before) return;
  const followed = enoughRun(found, evidence, ghostFound(reconcile));
  report.check("I3", followed, `rate ${before} to ${after} before the pods followed`);
  const isResumed = isTakenBack(reconcile) && ghostFound(reconcile).passed === rates.length;
  report.check("I3", after === rates[0] || before > 0 || isResumed, `rate ${before} to ${after} skips stages`);
  if (before === 0) return;
  report.check("I3", isHarmless(evidence, found), `rate ${before} to ${after} on evidence ${evidence}`);
  report.check("I3", hasGoodSamples(found), `rate ${before} to ${after} without good samples of the epoch`);
  report.check(
    "I3",
    ghostFound(reconcile).sampled >= steps.stage,
    `rate ${before} to ${after} before the stage's time was sampled`,
  );
}

/** Nothing goes forward on what can't be seen. */
function checkUnknown(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence } = reconcile;
  const [from, to] = [order.indexOf(found.status.phase), order.indexOf(left.status.phase)];
  const isBlind = !found.listable || evidence === "silent";
  const needsWindows =
    found.status.phase === "CuttingOver" || shadowRate(found) > 0 || found.status.revision?.shadow === "source";
  const isUnknown = isBlind || (evidence === "unknown" && needsWindows);
  if (isUnknown) {
    report.check(
      "I4",
      to < 0 || from < 0 || to <= from,
      `${found.status.phase} to ${left.status.phase} on evidence ${evidence}`,
    );
    const counted = (world: Reconcile["found"]): number =>
      (world.status.guard?.watchedSeconds ?? 0) + (world.status.guard?.idleSeconds ?? 0);
    report.check("I4", counted(left) <= counted(found), `the guard counts time on evidence ${evidence}`);
  }
  const isOpen = left.status.conditions.some(({ type, status }) => type === "RollbackReady" && status === "True");
  if (isNewRevision(reconcile) || !reconcile.isWritten || reconcile.isQuiet || isFinal(left)) return;
  if (isBlind || found.down === "source" || (found.base !== "source" && found.pods.some((pod) => pod.force !== null)))
    report.check("I4", !isOpen, "RollbackReady is True of a source that isn't seen to answer");
}

/** The destination becomes primary only after everything, and two primaries don't stay. */
function checkCutover(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence } = reconcile;
  const before = ghostFound(reconcile);
  if (left.status.revision?.primary === "destination" && found.status.revision?.primary !== "destination") {
    report.check(
      "I5",
      found.status.phase === "AwaitingCutover" && before.passed === rates.length,
      "cut over before the last stage was passed",
    );
    report.check("I5", before.promoted, "cut over without a Promote");
    report.check(
      "I5",
      enoughRun(found, evidence, before) &&
        isHarmless(evidence, found) &&
        (hasGoodSamples(found) || hasKeptSamples(found)),
      `cut over on evidence ${evidence}`,
    );
    report.check("I5", found.down !== "source" && found.base === "source", "cut over without a rollback path");
  }
  const isClosed = found.down === "source" || found.base !== "source";
  if (
    found.status.phase === "CuttingOver" &&
    isMixed(found) &&
    before.mixed > steps.ackTimeout + 2 &&
    !isClosed &&
    reconcile.isWritten
  )
    report.check("I6", left.status.phase !== "CuttingOver", `two primaries for ${before.mixed} steps`);
  if (found.status.phase === "CuttingOver" && left.status.phase === "Guard")
    report.check("I6", isCutOver(found, evidence, before), "guards while pods have two primaries that may change");
}

/** Who runs the epoch serves the destination; who doesn't was given its time, and is held by a deadline that has passed. */
function isCutOver(found: World, evidence: Evidence, memory: Ghost): boolean {
  const run = found.pods.filter((pod) => isOfEpoch(pod, found));
  const deadline = found.status.revision?.activationDeadline;
  const isHeld = run.length === found.pods.length || (deadline !== undefined && Date.parse(deadline) <= origin);
  const isThere = run.every((pod) => primaryOf(pod, found.base) === "destination");
  return enoughRun(found, evidence, memory) && isThere && isHeld;
}

const back: readonly string[] = ["RollingBack", "VerifyingDrift", "RolledBack"];

/** A rollback needs the API and nothing else. */
function checkRollback(reconcile: Reconcile, report: Report): void {
  const { found, left, isWhole } = reconcile;
  if (isTakenBack(reconcile)) {
    const { reason } = found.status.rollback ?? {};
    const isRetryable = reason === "AckTimeout" || reason === "ValidationTimeout";
    report.check("I13", isRetryable, `a rollback for ${reason} may be tried again`);
    report.check("I13", !left.ghost.promoted && left.status.acts?.promotedBy === undefined, "tries again by itself");
    const isBack = allRun(found, reconcile.evidence) && primariesOf(found).every((store) => store === "source");
    report.check("I13", isBack, "waits for a Retry before every pod is back");
  }
  const isAsked =
    found.status.acts?.latched !== undefined || found.acts.includes("Abort") || found.acts.includes("Rollback");
  if (isAsked && !isFinal(found) && reconcile.isWritten)
    report.check("I7", left.gone || back.includes(left.status.phase), "an Abort or Rollback was not obeyed");
  const isUnderWay = left.status.phase === "RollingBack" || left.status.phase === "VerifyingDrift";
  if (!isUnderWay || !isWhole || left.gone) return;
  const document = left.overlay?.doc?.document;
  const isBack = document?.primary === "source" && document.shadow === "none" && document.sampleRate === 0;
  report.check("I7", isBack && left.overlay?.deleting !== true, "rolling back, and the overlay doesn't say so");
}

/** A cutover that was taken back becomes one that may be tried again. */
function isTakenBack({ found, left }: Reconcile): boolean {
  return back.includes(found.status.phase) && left.status.phase === "AwaitingCutover";
}

/** What the ramp had counted, in a new epoch that has counted nothing bad. */
function hasKeptSamples({ status, pods }: World): boolean {
  return status.takenBack !== undefined && pods.every(({ seen }) => seen === "nothing" || seen === "good");
}

/**
 * A rollback once written is never undone, unless it may be tried again; epochs never fall, but for the overlay that takes
 * everything back.
 */
function checkLatch(reconcile: Reconcile, report: Report): void {
  const { found, left, documents, epoch } = reconcile;
  report.check("I9", epoch >= found.status.epoch, `the epoch fell from ${found.status.epoch} to ${epoch}`);
  const before = found.overlay?.doc ?? undefined;
  report.check(
    "I8",
    found.status.rollback === undefined || left.status.rollback !== undefined || isTakenBack(reconcile),
    "the rollback was lost",
  );
  for (const { document, text } of documents) {
    const written = before?.document.revision.epoch ?? 0;
    report.check(
      "I9",
      document.revision.epoch >= written || document.rollback === true,
      `the overlay's epoch fell from ${written} to ${document.revision.epoch}`,
    );
    if (document.revision.epoch === written)
      report.check("I9", text === before?.text, `epoch ${written} was written twice`);
    if (isRollbackKnown(found) && !isTakenBack(reconcile))
      report.check(
        "I8",
        document.primary === "source" && document.sampleRate === 0,
        `${document.primary}+${document.shadow}@${document.sampleRate} after a rollback was written`,
      );
  }
}

/** Ends are true: of the pods, not only of the status. */
function checkEnds(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence } = reconcile;
  const isOver = (phase: string): boolean => left.status.phase === phase && found.status.phase !== phase;
  if (isOver("RolledBack") && found.status.revision !== undefined)
    report.check(
      "rolled back",
      found.listable && evidence !== "silent" && primariesOf(found).every((store) => store === "source"),
      "RolledBack while a pod is elsewhere",
    );
  const isGuardOver =
    found.status.phase === "Guard" &&
    found.status.revision?.shadow === "source" &&
    left.status.revision?.shadow === "none" &&
    left.status.revision.primary === "destination";
  if (isGuardOver) {
    report.check("I10", ghostFound(reconcile).guarded >= steps.guard, "the guard ended before its time was seen");
    report.check(
      "I10",
      enoughRun(found, evidence, ghostFound(reconcile)) && isHarmless(evidence, found),
      `the guard ended on evidence ${evidence}`,
    );
  }
  if (isOver("Completed") && found.status.phase === "Guard")
    report.check(
      "I10",
      isCutOver(found, evidence, ghostFound(reconcile)),
      "Completed while a pod is elsewhere that wasn't left behind",
    );
  if (found.finalizer && !left.finalizer) checkLeaving(reconcile, report);
}

/** The finalizer goes when no pod reads both stores and every pod is where the migration ended. */
function checkLeaving({ left }: Reconcile, report: Report): void {
  const end = left.status.phase === "Completed" ? "destination" : "source";
  // A pod that was left behind, or came too late for it, reads what stays there once its process begins anew, if not sooner.
  const document = left.overlay?.doc?.document;
  const stays = document?.shadow === "none" && document.primary === end;
  const isLeft = ({ deaf, fenced }: Pod) => stays && (deaf || fenced === document.revision.epoch);
  const isAtEnd = (pod: Pod) => primaryOf(pod, left.base) === end || (end === "destination" && isLeft(pod));
  const isHome = left.pods.every((pod) => pod.force === null || isAtEnd(pod));
  const isSingle = left.pods.every((pod) => pod.force === null || pod.force.document.shadow === "none" || isLeft(pod));
  report.check("finalizer", isHome && isSingle, "the finalizer went before the pods were safe");
  report.check("finalizer", left.overlay?.hasFinalizer !== true, "the overlay keeps a finalizer that nobody takes off");
}
