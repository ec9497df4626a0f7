// VerifyingDrift asked by itself: it ends with an answer, or once there is no hope for one.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aJob, aResult, aRun, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Observation } from "../model/observation.ts";
import { compareAfterRollback } from "./verifying-drift.ts";

const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();
const known = (...runs: NonNullable<MigrationStatus["verification"]>["runs"]) => ({ verification: { runs } });
const open = aRun({ purpose: "Rollback", askedAt: ago(50) });

function compare(jobs: Partial<Pick<Observation, "jobs">>, status: Partial<MigrationStatus> = {}, isDeleting = false) {
  const usual = aMigration()
    .in("VerifyingDrift")
    .with({ phaseStartedAt: ago(60), ...status });
  const migration = (isDeleting ? usual.deleting() : usual).build();
  const { spec } = migration;
  if (!spec.ok) throw new Error("the usual spec parses");
  const { context, outcome } = compareAfterRollback(
    assess(migration, spec.value, anObservation(migration, {}, jobs), noon),
  );
  const run = context.status.verification?.runs.at(-1);
  return { run, result: run?.result, outcome };
}

const unreadable = { jobs: { ok: false, why: "timed out" } } as const;
const noTemplate = { jobs: someJobs({ verifier: null }) };

describe("the comparison after a late rollback", () => {
  test("is asked for and waited for", () => {
    const { run, outcome } = compare({ jobs: someJobs() });
    expect(run).toMatchObject({ purpose: "Rollback", number: 1 });
    expect(outcome).toMatchObject({ standing: "working", reason: "Comparing" });
    expect(outcome?.status.message).toBe(
      `every pod is back at the source; Job ${run?.job} compares what was written since`,
    );
  });

  test("has its answer, and nothing is waited for", () => {
    expect(compare({}, known({ ...open, result: aResult() }))).toMatchObject({ result: aResult(), outcome: undefined });
  });

  test("waits a minute for Jobs that can't be read, and says so", () => {
    const { outcome } = compare(unreadable);
    expect(outcome?.status.message).toBe("every pod is back at the source; waiting to read the Jobs");
    expect(compare(unreadable, { phaseStartedAt: ago(61) })).toMatchObject({
      outcome: undefined,
      result: { outcome: "Unknown", reason: "NotObserved", message: "timed out", at: ago(0) },
    });
  });

  test("goes on where the Jobs can't be read while one is under way: that one has its own deadline", () => {
    const { run, outcome } = compare(unreadable, { phaseStartedAt: ago(3600), ...known(open) });
    expect(run).toEqual(open);
    expect(outcome).toMatchObject({ reason: "Comparing" });
    const { timeout } = aSpec().checklist.parity;
    const asked = aRun({ purpose: "Rollback", askedAt: ago(durationSeconds(timeout) + 1) });
    expect(compare(unreadable, known(asked)).result).toMatchObject({ outcome: "Unknown", reason: "TimedOut" });
  });

  test("goes on in a Job that is there, though its template is gone", () => {
    const jobs = { jobs: someJobs({ verifier: null, jobs: [aJob([], { state: "running" })] }) };
    expect(compare(jobs, known(open)).outcome).toMatchObject({ reason: "Comparing" });
  });
});

describe("where no comparison will come, the answer is Unknown at once:", () => {
  const why = "there is no suspended CronJob search-api-retriever-verify with a container retriever-verify";
  const template = { name: "search-api-retriever-verify", suspended: true, hasVerifier: true };

  test.each<[string, Partial<Pick<Observation, "jobs">>, string, string]>([
    ["the Jobs were not read", {}, "NotObserved", "the Jobs were not read"],
    ["there is no template", noTemplate, "NoTemplate", why],
    ["it runs by itself", { jobs: someJobs({ verifier: { ...template, suspended: false } }) }, "NoTemplate", why],
    ["it has no verifier", { jobs: someJobs({ verifier: { ...template, hasVerifier: false } }) }, "NoTemplate", why],
  ])("%s", (_, jobs, reason, message) => {
    const { run, outcome } = compare(jobs);
    expect(outcome).toBeUndefined();
    expect(run).toEqual({
      purpose: "Rollback",
      number: 1,
      job: expect.stringMatching(/^docs-to-qdrant-verify-rollback-1-/),
      askedAt: ago(0),
      result: { outcome: "Unknown", reason, message, at: ago(0) },
    });
  });

  test("the migration is being deleted, whatever the Jobs say", () => {
    const { result, outcome } = compare({ jobs: someJobs() }, {}, true);
    expect(outcome).toBeUndefined();
    expect(result).toMatchObject({ reason: "Deleted", message: "the migration was deleted" });
  });

  test("and it is the answer of the run under way, where there is one", () => {
    expect(compare(noTemplate, known({ ...open, number: 4 })).run).toMatchObject({
      number: 4,
      job: "job",
      result: { reason: "NoTemplate" },
    });
    expect(compare(noTemplate, known(aRun({ number: 4, result: aResult() }))).run).toMatchObject({ number: 5 });
  });
});
