// Invariants of what is done about harm. The checker's own reading of the traffic: nothing of the core is used.
import { harmSeen, isNewRevision, isSevere } from "./ghost.ts";
import { origin } from "./plan.ts";
import type { Reconcile } from "./reconcile.ts";
import { processOf } from "./record.ts";
import type { Report } from "./report.ts";
import { hasLasted, isFinal, isRollbackKnown, isTelling, shadowRate } from "./truths.ts";

const back: readonly string[] = ["RollingBack", "VerifyingDrift", "RolledBack"];

export function checkHarm(reconcile: Reconcile, report: Report): void {
  checkReason(reconcile, report);
  checkAction(reconcile, report);
  checkCursor(reconcile, report);
}

/** Nothing goes back by itself on less than harm that lasted or is severe. */
function checkReason(reconcile: Reconcile, report: Report): void {
  const { found, left, isTaken } = reconcile;
  const harm = harmSeen(reconcile);
  const seen = `score ${harm.score}, errors ${harm.errors}${harm.severe ? ", severe" : ""}`;
  const isDue = hasLasted(harm) || isSevere(harm, reconcile);
  if (isTaken && left.status.harm?.alertSince !== undefined && !back.includes(left.status.phase))
    report.check("I12", harm.score > 0 || harm.errors > 0, "tells of harm that nobody did");
  const reason = isRollbackKnown(found) ? undefined : left.status.rollback?.reason;
  if (reason?.startsWith("Harm") === true) report.check("I12", isDue, `${reason} on ${seen}`);
  if (found.status.phase === "Guard" && back.includes(left.status.phase) && !isAsked(reconcile))
    report.check("I12", isDue, `left the guard on ${seen}`);
  // In the stages before, gates that fail step down as well.
  const isBackInRamp = found.status.phase === "AwaitingCutover" && left.status.phase === "Ramp";
  if (isBackInRamp && shadowRate(left) < shadowRate(found)) report.check("I12", isDue, `stepped down on ${seen}`);
}

function isAsked({ found }: Reconcile): boolean {
  const { acts, status, deleting } = found;
  const isActed = status.acts?.latched !== undefined || acts.includes("Abort") || acts.includes("Rollback");
  return isActed || deleting || isRollbackKnown(found);
}

/** What lasted, or is severe, is left behind where there is a source to go back to. */
function checkAction(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence, isWritten } = reconcile;
  const { status, base, down } = found;
  const isGuarded = status.phase === "Guard" && status.revision?.shadow === "source";
  if (!isGuarded || !isWritten || !isTelling(evidence, found) || base !== "source" || down === "source") return;
  const harm = harmSeen(reconcile);
  if (hasLasted(harm) || isSevere(harm, reconcile))
    report.check("I12", left.gone || back.includes(left.status.phase), "stayed although the harm is due");
}

/** What a status was made of isn't asked for again. */
function checkCursor(reconcile: Reconcile, report: Report): void {
  const { left, isTaken } = reconcile;
  if (!isTaken || isNewRevision(reconcile) || isFinal(left)) return;
  for (const [index, { read, unread }] of left.pods.entries()) {
    const known = processOf(left.status.evidence, index);
    if (read && unread.length === 0)
      report.check("I12", known?.binsUntil === origin / 1000, "bins that were judged are asked for again");
  }
}
