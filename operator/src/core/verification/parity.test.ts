// The check parity over one status and one reconcile: what it answers, and in which words.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aResult, aRun, someCounts, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Observation } from "../model/observation.ts";
import { judgeParity } from "./parity.ts";

const parity = { maxAge: "24h", recheck: "30m", timeout: "4h" };
const plan = aSpec({ checklist: { ...onlyReachable, parity } });
const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();

function judge(
  phase: Phase,
  runs: NonNullable<MigrationStatus["verification"]>["runs"],
  jobs: Partial<Pick<Observation, "jobs">> = { jobs: someJobs() },
) {
  const migration = aMigration(plan)
    .in(phase)
    .with({ phaseStartedAt: ago(60_000), verification: { runs } })
    .build();
  return judgeParity(assess(migration, plan, anObservation(migration, {}, jobs), noon));
}

const verifier = { name: "search-api-retriever-verify", suspended: true, hasVerifier: true };

describe("without a comparison under way it says what is missing", () => {
  test.each<[string, Partial<Pick<Observation, "jobs">>, string, string]>([
    ["no observation of the Jobs", {}, "NotCompared", "the stores have not been compared yet"],
    [
      "Jobs that can't be read",
      { jobs: { ok: false, why: "timed out" } },
      "NotObserved",
      "the Jobs that compare the stores can't be read: timed out",
    ],
    [
      "no template",
      { jobs: someJobs({ verifier: null }) },
      "NoTemplate",
      "there is no CronJob search-api-retriever-verify to compare the stores with; the library chart renders it",
    ],
    [
      "a template that runs by itself",
      { jobs: someJobs({ verifier: { ...verifier, suspended: false } }) },
      "TemplateNotSuspended",
      "CronJob search-api-retriever-verify must be suspended",
    ],
    [
      "a template without the verifier",
      { jobs: someJobs({ verifier: { ...verifier, hasVerifier: false } }) },
      "TemplateUnusable",
      "CronJob search-api-retriever-verify has no container named retriever-verify",
    ],
    ["nothing", { jobs: someJobs() }, "NotCompared", "the stores have not been compared yet"],
  ])("%s", (_, jobs, reason, message) => {
    expect(judge("Preflight", [], jobs)).toEqual({ status: "Unknown", reason, message });
  });
});

describe("a comparison under way", () => {
  test("is named, with what it compares", () => {
    const comparing = { status: "Unknown", reason: "Comparing" };
    expect(judge("Preflight", [aRun()])).toEqual({ ...comparing, message: "Job job compares the stores" });
    expect(judge("AwaitingCutover", [aRun({ purpose: "Cutover", since: "2026-03-01T00:00:00Z" })])).toEqual({
      ...comparing,
      message: "Job job compares what was written since 2026-03-01T00:00:00Z",
    });
  });

  test("is said beside the last answer, which stays", () => {
    const counts = someCounts({ missing: 1 });
    const differing = aRun({ result: aResult({ counts, message: "1 chunk differs", at: ago(10) }) });
    const again = aRun({ number: 2, job: "job-2" });
    const drift = { status: "False", reason: "Drift" };
    expect(judge("Preflight", [differing, again])).toEqual({
      ...drift,
      message: "1 chunk differs; Job job-2 compares again",
    });
    expect(judge("Preflight", [differing])).toEqual({ ...drift, message: "1 chunk differs" });
  });
});

describe("equal stores", () => {
  const old = (phase: Phase, purpose: "Preflight" | "Cutover", seconds: number, ...more: [] | [string]) => {
    const runs = [aRun({ purpose, askedAt: ago(50_000), result: aResult({ at: ago(seconds) }) })];
    return judge(phase, [...runs, ...more.map((job) => aRun({ purpose, number: 2, job }))]);
  };

  test.each([
    ["for the start as long as maxAge", "Preflight", "Preflight", 86_400],
    ["for the cutover as long as it takes to compare again", "AwaitingCutover", "Cutover", 16_200],
  ] as const)("count %s, and no longer", (_, phase, purpose, longest) => {
    expect(old(phase, purpose, longest)).toMatchObject({ status: "True", reason: "Equal" });
    expect(old(phase, purpose, longest + 1)).toEqual({
      status: "Unknown",
      reason: "ResultTooOld",
      message: `the result of ${ago(longest + 1)} is too old`,
    });
  });

  test("that are too long ago name the Job that compares again", () => {
    expect(old("Preflight", "Preflight", 86_401, "job-2").message).toBe(
      `the result of ${ago(86_401)} is too old; Job job-2 compares again`,
    );
  });

  test("of the preflight are what a phase that asks for no comparison goes by", () => {
    expect(old("Ramp", "Preflight", 10)).toMatchObject({ status: "True" });
  });
});
