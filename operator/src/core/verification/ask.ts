// When the stores are to be compared, and since when.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { VerificationPurpose } from "@retriever/crds/status/verification-status.ts";
import type { Context } from "../model/context.ts";
import { instantMs } from "../model/status-readings.ts";
import { msSince } from "../time/not-ahead.ts";
import { reckonedDifferenceSeconds } from "./clock-difference.ts";
import { judgeResult } from "./judge-result.ts";
import { lastReturn, purposeOf, servedFrom, servedSeconds } from "./purpose.ts";
import { type ConcludedRun, concludedRun, jobNameOf, nextNumber, openCopy, openRun, withRun } from "./runs.ts";

/** What may have been under way to the stores: taken off the time since when is compared, whatever clocks say. */
const leastMarginSeconds = 300;

/** The context with the verification that the phase asks for, where the plan asks for parity. */
export function askParity(c: Context): Context {
  const purpose = purposeOf(c.status.phase);
  // A copy changes what would be compared.
  const isIdle = purpose === undefined || openCopy(c.status) !== undefined;
  return isIdle || c.plan.checklist.parity.policy === "Skip" ? c : askVerification(c, purpose);
}

/** The context with a verification in its status where one is due; effects follow from the status. */
export function askVerification(c: Context, purpose: VerificationPurpose): Context {
  if (!isPossible(c) || !isDue(c, purpose)) return c;
  const number = nextNumber(c.status);
  const since = sinceOf(c, purpose);
  const status = withRun(c.status, {
    purpose,
    number,
    job: jobNameOf(c.meta, `verify-${purpose.toLowerCase()}`, number),
    askedAt: askedAtOf(c),
    ...(since === undefined ? {} : { since }),
  });
  return { ...c, status };
}

/**
 * Never before what it is asked for: else a clock that is put back meanwhile makes every answer one of an earlier time, and
 * the stores are compared over and over until it has caught up.
 */
export function askedAtOf({ status, nowIso }: Pick<Context, "status" | "nowIso">): string {
  const { phaseStartedAt, cutoverAt, copy } = status;
  const instants = [phaseStartedAt, cutoverAt, lastReturn(status)?.at, copy?.result?.at];
  return instants.reduce<string>((a, b = a) => ((instantMs(b) ?? 0) > (instantMs(a) ?? 0) ? b : a), nowIso);
}

function isPossible({ observation, meta }: Context): boolean {
  const { jobs } = observation;
  const verifier = jobs?.ok === true ? jobs.value.verifier : null;
  return verifier !== null && verifier.suspended && verifier.hasVerifier && !meta.deleting;
}

function isDue(c: Context, purpose: VerificationPurpose): boolean {
  if (openRun(c.status)?.purpose === purpose) return false;
  const last = resultInForce(c, purpose);
  if (last === undefined) return true;
  // After a rollback the answer is given once; what it says is for people.
  if (purpose === "Rollback") return false;
  const { maxAge, recheck } = c.plan.checklist.parity;
  const isEqual = judgeResult(c.plan, last.result).status === "True";
  return ageSeconds(c, last) >= durationSeconds(isEqual && purpose === "Preflight" ? maxAge : recheck);
}

/**
 * The newest result that counts for a purpose: for the cutover, one that was asked for in this wait for it; before the
 * start, one that was asked for since the last copy.
 */
export function resultInForce(c: Context, purpose: VerificationPurpose): ConcludedRun | undefined {
  const run = concludedRun(c.status, purpose);
  if (run === undefined) return run;
  const { phaseStartedAt, copy } = c.status;
  const from = instantMs(purpose === "Preflight" ? copy?.result?.at : phaseStartedAt) ?? 0;
  return (instantMs(run.askedAt) ?? 0) >= from ? run : undefined;
}

/** How old a result is, by when the operator took note of it; as old as can be by a clock that was ahead of ours. */
export function ageSeconds(c: Context, { result }: ConcludedRun): number {
  return Math.max(0, msSince(result.at, c.now)) / 1000;
}

/** Before the cutover what changed since the stores were equal, after a rollback what came since the cutover. */
function sinceOf(c: Context, purpose: VerificationPurpose): string | undefined {
  if (purpose === "Preflight") return undefined;
  const from = instantMs(purpose === "Rollback" ? servedFrom(c.status) : c.status.verification?.equalSince);
  if (from === undefined || (purpose === "Rollback" && (servedSeconds(c.status) ?? 0) < 0)) return undefined;
  const marginMs = (leastMarginSeconds + reckonedDifferenceSeconds(c)) * 1000;
  return new Date(Math.max(0, from - marginMs)).toISOString();
}
