// The check smokeTests: a Job of every CronJob that the plan names completed since the plan was accepted. What the Jobs say is
// taken over into the status: a test under way gets its result, once.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { SmokeTestStatus } from "@retriever/crds/status/verification-status.ts";
import type { Context } from "../model/context.ts";
import type { JobsObservation, JobTemplate } from "../model/job-observation.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs } from "../model/status-readings.ts";
import { nameSome } from "../pods/pods.ts";
import { msSince } from "../time/not-ahead.ts";
import { purposeOf } from "./purpose.ts";
import { jobNameOf } from "./runs.ts";

/** The context with a run of every test that is due: not run for this plan, or failed as long ago as it may take. */
export function askSmokeTests(c: Context): Context {
  const { policy, cronJobs, timeout } = c.plan.checklist.smokeTests;
  const seen = c.observation.jobs?.ok === true ? c.observation.jobs.value : undefined;
  if (policy === "Skip" || seen === undefined) return c;
  const known = c.status.smokeTests ?? [];
  const tests = cronJobs.flatMap((cronJob, index): SmokeTestStatus[] => {
    const last = known.find((test) => test.cronJob === cronJob);
    const template = seen.tests.find(({ name }) => name === cronJob);
    if (template === undefined || !isTest(template) || !isDue(c, last, timeout))
      return last === undefined ? [] : [last];
    const number = (last?.number ?? 0) + 1;
    return [{ cronJob, number, job: jobNameOf(c.meta, `smoke-${index + 1}`, number), askedAt: c.nowIso }];
  });
  const isSame = tests.length === known.length && tests.every((test, index) => test === known[index]);
  return isSame ? c : { ...c, status: { ...c.status, smokeTests: tests } };
}

function isDue(c: Context, last: SmokeTestStatus | undefined, timeout: string): boolean {
  if (last === undefined || !isOfThisPlan(c, last)) return true;
  if (last.result === undefined || last.result.passed) return false;
  return msSince(last.result.at, c.now) >= durationSeconds(timeout) * 1000;
}

/** Before the first sample a new revision is a new plan. */
function isOfThisPlan({ status }: Context, { askedAt }: SmokeTestStatus): boolean {
  return (instantMs(askedAt) ?? 0) >= (instantMs(status.revision?.at) ?? 0);
}

/** True once all have passed for this plan. A test that failed is False; what hasn't run is Unknown. */
export function judgeSmokeTests(c: Context): Fact {
  const unknown = (reason: string, message: string): Fact => ({ status: "Unknown", reason, message });
  const { cronJobs } = c.plan.checklist.smokeTests;
  if (cronJobs.length === 0) {
    return unknown("NoSmokeTests", "spec.checklist.smokeTests.cronJobs names no test, expected at least one");
  }
  const { jobs } = c.observation;
  const results = cronJobs.map((name) => {
    const test = (c.status.smokeTests ?? []).find(({ cronJob }) => cronJob === name);
    return { name, test: test !== undefined && isOfThisPlan(c, test) ? test : undefined };
  });
  const failed = results.flatMap(({ name, test }) =>
    test?.result?.passed === false ? [`${name}: ${test.result.message}`] : [],
  );
  if (failed.length > 0) return { status: "False", reason: "SmokeTestFailed", message: failed.join("; ") };
  const open = results.filter(({ test }) => test?.result === undefined);
  if (open.length === 0) {
    const message = `${results.length} of ${results.length} smoke tests passed`;
    return { status: "True", reason: "SmokeTestsPassed", message };
  }
  if (jobs?.ok === false) return unknown("NotObserved", `the smoke tests can't be read: ${jobs.why}`);
  const templates = jobs?.value.tests ?? [];
  const absent = open
    .filter(({ name, test }) => test === undefined && !isUsable(templates, name))
    .map(({ name }) => name);
  if (absent.length > 0) return unknown("NoTemplate", `there is no suspended CronJob ${nameSome(absent)}`);
  return unknown("Testing", `waiting for ${nameSome(open.map(({ name }) => name))}`);
}

function isUsable(templates: JobsObservation["tests"], name: string): boolean {
  return templates.some((one) => one.name === name && isTest(one));
}

/** What copies, syncs, repairs or compares is no test: a smoke test needs nobody's approval, and a copy does. */
export function isTest({ name, suspended, hasVerifier, hasWriter }: JobTemplate): boolean {
  return suspended && !hasVerifier && hasWriter !== true && !/-retriever-(copy|sync|repair|verify)$/.test(name);
}

type FoldTestsInput = {
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec;
  readonly observation: Observation;
  /** Epoch ms. */
  readonly now: number;
};

/** The status with the results of the tests under way. */
export function foldSmokeTests({ status, plan, observation, now }: FoldTestsInput): MigrationStatus {
  const { smokeTests } = status;
  if (smokeTests === undefined || smokeTests.every(({ result }) => result !== undefined)) return status;
  const seen = observation.jobs?.ok === true ? observation.jobs.value : undefined;
  const { timeout } = plan.checklist.smokeTests;
  // Left open until its Job is gone: what has a result is looked for no more.
  const isEnding = isPast(status);
  const folded = smokeTests.map((test): SmokeTestStatus => {
    if (test.result !== undefined) return test;
    const ended = endOf(test, seen) ?? (isEnding ? goneOf(test, seen) : lateOf(test, timeout, now));
    return ended === undefined ? test : { ...test, result: { ...ended, at: new Date(now).toISOString() } };
  });
  return folded.some((test, index) => test !== smokeTests[index]) ? { ...status, smokeTests: folded } : status;
}

type End = { readonly passed: boolean; readonly message: string };

function endOf({ job }: SmokeTestStatus, seen: JobsObservation | undefined): End | undefined {
  const found = seen?.jobs.find(({ name }) => name === job);
  if (found === undefined || found.state === "running") return undefined;
  if (found.state === "succeeded") return { passed: true, message: `Job ${job} completed` };
  return { passed: false, message: `Job ${job} failed${found.message === "" ? "" : `: ${found.message}`}` };
}

function isPast({ phase }: MigrationStatus): boolean {
  return phase !== "Pending" && purposeOf(phase) !== "Preflight";
}

function goneOf({ job }: SmokeTestStatus, seen: JobsObservation | undefined): End | undefined {
  if (seen === undefined || seen.jobs.some(({ name }) => name === job)) return undefined;
  return { passed: false, message: `Job ${job} is gone: nobody waited for it any more` };
}

function lateOf({ job, askedAt }: SmokeTestStatus, timeout: string, now: number): End | undefined {
  const waitedMs = now - (instantMs(askedAt) ?? Number.NEGATIVE_INFINITY);
  return waitedMs <= durationSeconds(timeout) * 1000
    ? undefined
    : { passed: false, message: `Job ${job} did not end within ${timeout}` };
}
