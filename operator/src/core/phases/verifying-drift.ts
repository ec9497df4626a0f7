// VerifyingDrift: the pods are back at the source; what only the destination received is compared. Nothing waits for it
// longer than there is hope for an answer.
import type { VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { verifyTemplateName } from "@retriever/sidecar/contract/names.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { secondsSince } from "../model/status-readings.ts";
import { stay } from "../steps/transition.ts";
import { askedAtOf, askVerification, resultInForce } from "../verification/ask.ts";
import { jobNameOf, nextNumber, openRun, withRun } from "../verification/runs.ts";

/** How long an API server that doesn't show its Jobs is asked again. */
const longestUnobservedSeconds = 60;

/** An outcome while the comparison is under way; else the context to end with, its result in the status. */
export function compareAfterRollback(context: Context): { readonly context: Context; readonly outcome?: Outcome } {
  const c = askVerification(context, "Rollback");
  if (resultInForce(c, "Rollback") !== undefined) return { context: c };
  const hopeless = hopelessOf(c);
  if (hopeless !== undefined) return { context: { ...c, status: giveUp(c, hopeless) } };
  const job = openRun(c.status)?.job;
  const what = job === undefined ? "waiting to read the Jobs" : `Job ${job} compares what was written since`;
  return { context: c, outcome: stay(c, "working", "Comparing", `every pod is back at the source; ${what}`) };
}

type Hopeless = Pick<NonNullable<VerificationRun["result"]>, "reason" | "message">;

/** Why no comparison will come. */
function hopelessOf(c: Context): Hopeless | undefined {
  const { jobs } = c.observation;
  if (c.meta.deleting) return { reason: "Deleted", message: "the migration was deleted" };
  if (jobs === undefined) return { reason: "NotObserved", message: "the Jobs were not read" };
  const run = openRun(c.status);
  if (!jobs.ok) {
    // What is under way has a deadline of its own: a list that fails once says nothing of it.
    if (run?.purpose === "Rollback") return undefined;
    const isOver = secondsSince(c, c.status.phaseStartedAt) > longestUnobservedSeconds;
    return isOver ? { reason: "NotObserved", message: jobs.why } : undefined;
  }
  const isUnderWay = run !== undefined && jobs.value.jobs.some(({ name }) => name === run.job);
  const { verifier } = jobs.value;
  if (isUnderWay || (verifier?.suspended === true && verifier.hasVerifier)) return undefined;
  const name = verifyTemplateName(c.plan.target.name);
  return { reason: "NoTemplate", message: `there is no suspended CronJob ${name} with a container retriever-verify` };
}

function giveUp(c: Context, { reason, message }: Hopeless) {
  const number = nextNumber(c.status);
  const under = openRun(c.status) ?? {
    purpose: "Rollback" as const,
    number,
    job: jobNameOf(c.meta, "verify-rollback", number),
    askedAt: askedAtOf(c),
  };
  return withRun(c.status, { ...under, result: { outcome: "Unknown", reason, message, at: c.nowIso } });
}
