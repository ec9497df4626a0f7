// What the Jobs of smoke tests say, taken over into the status: a test under way gets its result, once.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { SmokeTestStatus } from "@retriever/crds/status/verification-status.ts";
import type { JobsObservation } from "../model/job-observation.ts";
import type { Observation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { purposeOf } from "./purpose.ts";

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
