import type { SmokeTestStatus } from "@retriever/crds/status/verification-status.ts";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aJob, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import type { JobSeen } from "../model/job-observation.ts";
import type { Observation } from "../model/observation.ts";
import { foldSmokeTests } from "./smoke-tests.ts";

const plan = aSpec({ checklist: { ...onlyReachable, smokeTests: { cronJobs: ["api"], timeout: "10m" } } });
const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();
const at = "2026-03-01T12:00:00.000Z";
const open: SmokeTestStatus = { cronJob: "api", number: 1, job: "smoke-1", askedAt: ago(60) };
const passed = { passed: true, message: "Job smoke-0 completed", at: ago(90) };

function fold(smokeTests: SmokeTestStatus[] | undefined, jobs: Partial<Pick<Observation, "jobs">> = {}) {
  const status = aStatus(smokeTests === undefined ? {} : { smokeTests });
  const observation = anObservation(aMigration(plan).build(), {}, jobs);
  return { status, folded: foldSmokeTests({ status, plan, observation, now: noon }) };
}

const seen = (more: Partial<JobSeen>) => ({ jobs: someJobs({ jobs: [aJob([], { name: "smoke-1", ...more })] }) });

describe("a smoke test under way", () => {
  test.each<[string, Partial<JobSeen>, boolean, string]>([
    ["completed", { state: "succeeded" }, true, "Job smoke-1 completed"],
    ["failed", { state: "failed" }, false, "Job smoke-1 failed"],
    [
      "failed, and the cluster says why",
      { state: "failed", message: "BackoffLimitExceeded" },
      false,
      "Job smoke-1 failed: BackoffLimitExceeded",
    ],
  ])("whose Job %s has its result", (_, job, isPassed, message) => {
    expect(fold([open], seen(job)).folded.smokeTests).toEqual([{ ...open, result: { passed: isPassed, message, at } }]);
  });

  test.each<[string, Partial<Pick<Observation, "jobs">>]>([
    ["runs", seen({ state: "running" })],
    ["isn't there yet", { jobs: someJobs() }],
    ["can't be read", { jobs: { ok: false, why: "timed out" } }],
    ["was not read", {}],
  ])("whose Job %s is waited for as long as the plan allows, and no longer", (_, jobs) => {
    const waiting = fold([{ ...open, askedAt: ago(600) }], jobs);
    expect(waiting.folded).toBe(waiting.status);
    const late = { ...open, askedAt: ago(601) };
    expect(fold([late], jobs).folded.smokeTests).toEqual([
      { ...late, result: { passed: false, message: "Job smoke-1 did not end within 10m", at } },
    ]);
  });

  test("that nobody waits for any more stays open until its Job is gone", () => {
    const status = aStatus({ phase: "RolledBack", smokeTests: [{ ...open, askedAt: ago(9000) }] });
    const end = (jobs: Partial<Pick<Observation, "jobs">>) => {
      const observation = anObservation(aMigration(plan).build(), {}, jobs);
      return foldSmokeTests({ status, plan, observation, now: noon }).smokeTests?.[0]?.result;
    };
    expect([end(seen({ state: "running" })), end({ jobs: { ok: false, why: "timed out" } })]).toEqual([
      undefined,
      undefined,
    ]);
    expect(end({ jobs: someJobs() })?.message).toContain("is gone");
  });

  test("that was asked for at a time nobody can read has failed at once", () => {
    expect(fold([{ ...open, askedAt: "?" }]).folded.smokeTests?.[0]?.result?.passed).toBe(false);
  });

  test("is judged beside one that has its result, which stays", () => {
    const done = { ...open, cronJob: "ui", job: "smoke-0", result: passed };
    const { folded } = fold([done, open], seen({ state: "succeeded" }));
    expect(folded.smokeTests?.map(({ result }) => result?.message)).toEqual([
      "Job smoke-0 completed",
      "Job smoke-1 completed",
    ]);
    const waiting = fold([done, open], seen({ state: "running" }));
    expect(waiting.folded).toBe(waiting.status);
  });
});

test("a status without tests, or with all their results, stays what it is", () => {
  for (const tests of [undefined, [], [{ ...open, result: passed }]]) {
    const { status, folded } = fold(tests, seen({ state: "failed" }));
    expect(folded).toBe(status);
  }
});
