// Invariants of the comparison after a late rollback. The checker's own reading: nothing of the core is used.
import type { Reconcile } from "./reconcile.ts";
import type { Report } from "./report.ts";
import { allRun, primariesOf } from "./truths.ts";
import type { World } from "./world.ts";

export function checkDrift(reconcile: Reconcile, report: Report): void {
  checkBeginning(reconcile, report);
  checkAnswer(reconcile, report);
  checkEnd(reconcile, report);
}

function resultOf({ status }: World) {
  return status.verification?.runs.find(({ result }) => result !== undefined)?.result;
}

/** Any that takes traffic back is. */
function isLate({ status }: World): boolean {
  return status.rollback?.from === "Guard" || status.rollback?.from === "CuttingOver";
}

function isAsked({ status }: World): boolean {
  return (status.verification?.runs ?? []).length > 0;
}

/** Nothing is asked for before the users are served as before. The Job may follow later. */
function checkBeginning(reconcile: Reconcile, report: Report): void {
  const { found, left, evidence } = reconcile;
  const isBegun = left.status.phase === "VerifyingDrift" && found.status.phase !== "VerifyingDrift";
  const isNewJob = found.job === null && left.job !== null;
  if (!isBegun && (isAsked(found) || !(isAsked(left) || isNewJob))) return;
  const isBack = allRun(found, evidence) && primariesOf(found).every((store) => store === "source");
  report.check("I11", isBack, "compares before every pod is back");
  report.check("I11", isLate(found), "compares after a rollback that isn't late");
}

const conditions = { equal: "True", drift: "False", unknown: "Unknown" } as const;

/** What is concluded is what the Job said; without its word it is Unknown. */
function checkAnswer({ found, left, isWritten }: Reconcile, report: Report): void {
  const result = resultOf(left);
  const told = left.status.conditions.find(({ type }) => type === "DriftResolved")?.status;
  if (left.status.phase === "VerifyingDrift" && result === undefined)
    report.check("I11", told === undefined || told === "Unknown", `DriftResolved is ${told} without a result`);
  if (result === undefined || resultOf(found) !== undefined || !isWritten) return;
  const answer = answerIn(found);
  report.check("I11", told === conditions[answer], `DriftResolved is ${told}, the Job said ${answer}`);
}

/** What can be read. A Job that the status doesn't know of is found again only by asking again, where that is possible. */
function answerIn(found: World): keyof typeof conditions {
  const { job, verifier, deleting } = found;
  const isLost = verifier === "unread" || (!isAsked(found) && (verifier === "gone" || deleting));
  return isLost || job === null || job.state === "running" ? "unknown" : job.state;
}

/** It ends with a result, and leaves nothing running. */
function checkEnd({ found, left, isWritten, isWhole }: Reconcile, report: Report): void {
  const [from, to] = [found.status.phase, left.status.phase];
  const isDue = isLate(found) && !found.deleting;
  const isOver = to === "RolledBack" || to === "AwaitingCutover";
  if (from === "RollingBack" && isOver) report.check("I11", !isDue, "a late rollback isn't compared");
  if (from === "VerifyingDrift" && isOver) report.check("I11", resultOf(left) !== undefined, "ended without a result");
  if (from !== "RolledBack" || !isWritten || !isWhole || found.verifier === "unread") return;
  report.check("I11", left.job?.state !== "running", "a Job goes on that nobody waits for");
}
