// The check smokeTests over one status and one reconcile: when a test is run again, and what the check answers.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { SmokeTestStatus } from "@retriever/crds/status/verification-status.ts";
import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Context } from "../model/context.ts";
import type { Observation } from "../model/observation.ts";
import { askSmokeTests, judgeSmokeTests } from "./smoke-tests.ts";

const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();
const template = (name: string, suspended = true) => ({ name, suspended, hasVerifier: false });
const both = { jobs: someJobs({ tests: [template("api"), template("ui")] }) };
// The plan of the builder was accepted 600 s before noon.
const aTest = (cronJob: string, more: Partial<SmokeTestStatus> = {}): SmokeTestStatus => ({
  cronJob,
  number: 1,
  job: `smoke-${cronJob}`,
  askedAt: ago(200),
  ...more,
});
const ended = (passed: boolean, seconds = 100) => ({ passed, message: `Job ended ${passed}`, at: ago(seconds) });

function at(
  smokeTests: SmokeTestStatus[] | undefined,
  jobs: Partial<Pick<Observation, "jobs">> = both,
  cronJobs: string[] = ["api", "ui"],
  more: Partial<MigrationStatus> = {},
): Context {
  const plan = aSpec({ checklist: { ...onlyReachable, smokeTests: { cronJobs, timeout: "5m" } } });
  const tests = smokeTests === undefined ? {} : { smokeTests };
  const migration = aMigration(plan)
    .in("Preflight")
    .with({ ...tests, ...more })
    .build();
  return assess(migration, plan, anObservation(migration, {}, jobs), noon);
}

const asked = (c: Context) =>
  (askSmokeTests(c).status.smokeTests ?? []).map(({ cronJob, number }) => [cronJob, number]);

describe("smoke tests are asked for", () => {
  test("again at once where one failed by a clock that was ahead of ours", () => {
    expect(asked(at([aTest("api", { result: ended(false, -3600) }), aTest("ui")]))).toEqual([
      ["api", 2],
      ["ui", 1],
    ]);
  });

  test("of every CronJob that the plan names, as the first of its number", () => {
    expect(askSmokeTests(at(undefined)).status.smokeTests).toEqual([
      { cronJob: "api", number: 1, job: expect.stringMatching(/^docs-to-qdrant-smoke-1-1-/), askedAt: ago(0) },
      { cronJob: "ui", number: 1, job: expect.stringMatching(/^docs-to-qdrant-smoke-2-1-/), askedAt: ago(0) },
    ]);
  });

  test("not by a plan that skips them, nor while the Jobs can't be read", () => {
    const c = at(undefined);
    const skipping = { ...c, plan: aSpec() };
    expect(askSmokeTests(skipping)).toBe(skipping);
    for (const jobs of [{}, { jobs: { ok: false, why: "timed out" } as const }]) {
      const blind = at(undefined, jobs);
      expect(askSmokeTests(blind)).toBe(blind);
    }
  });

  test("not of a CronJob that is missing or runs by itself, whose last run stays", () => {
    const jobs = { jobs: someJobs({ tests: [template("api", false)] }) };
    expect(asked(at(undefined, jobs))).toEqual([]);
    const failed = [aTest("api", { result: ended(false, 1000) })];
    const c = at(failed, jobs);
    expect(askSmokeTests(c)).toBe(c);
  });

  test("once: what runs and what has passed is left alone", () => {
    const c = at([aTest("api"), aTest("ui", { result: ended(true, 100_000) })]);
    expect(askSmokeTests(c)).toBe(c);
  });

  test("again after a failure, when as long has passed as one may take", () => {
    expect(asked(at([aTest("api"), aTest("ui", { result: ended(false, 299) })]))).toEqual([
      ["api", 1],
      ["ui", 1],
    ]);
    const again = at([aTest("api"), aTest("ui", { result: ended(false, 300) })]);
    expect(asked(again)).toEqual([
      ["api", 1],
      ["ui", 2],
    ]);
    expect(asked(at([aTest("api"), aTest("ui", { result: { ...ended(false), at: "?" } })]))).toContainEqual(["ui", 2]);
  });

  test("again for a plan that was changed since", () => {
    const passed = ended(true);
    const known = [
      aTest("api", { askedAt: ago(601), result: passed }),
      aTest("ui", { askedAt: ago(600), result: passed }),
    ];
    expect(asked(at(known))).toEqual([
      ["api", 2],
      ["ui", 1],
    ]);
    expect(asked(at([aTest("api", { askedAt: "?", result: passed })], both, ["api"]))).toEqual([["api", 2]]);
    const unrevised = at(known, both, ["api", "ui"], { revision: undefined });
    expect(askSmokeTests(unrevised)).toBe(unrevised);
  });

  test("and one that the plan no longer names is forgotten", () => {
    expect(asked(at([aTest("old"), aTest("api")], both, ["api"]))).toEqual([["api", 1]]);
  });
});

describe("the check", () => {
  const unknown = (reason: string, message: string) => ({ status: "Unknown", reason, message });

  test("is True once all have passed for this plan", () => {
    const result = ended(true);
    expect(judgeSmokeTests(at([aTest("api", { result }), aTest("ui", { result })]))).toEqual({
      status: "True",
      reason: "SmokeTestsPassed",
      message: "2 of 2 smoke tests passed",
    });
    const old = aTest("ui", { askedAt: ago(601), result });
    expect(judgeSmokeTests(at([aTest("api", { result }), old]))).toEqual(unknown("Testing", "waiting for ui"));
  });

  test("is False with the words of every test that failed", () => {
    const result = ended(false);
    expect(judgeSmokeTests(at([aTest("api", { result }), aTest("ui", { result })]))).toEqual({
      status: "False",
      reason: "SmokeTestFailed",
      message: "api: Job ended false; ui: Job ended false",
    });
  });

  test.each<[string, Context, string, string]>([
    [
      "no test is named",
      at(undefined, both, []),
      "NoSmokeTests",
      "spec.checklist.smokeTests.cronJobs names no test, expected at least one",
    ],
    ["some run", at([aTest("api")]), "Testing", "waiting for api, ui"],
    [
      "the Jobs can't be read",
      at([aTest("api")], { jobs: { ok: false, why: "timed out" } }),
      "NotObserved",
      "the smoke tests can't be read: timed out",
    ],
    ["the Jobs were not read", at([], {}), "NoTemplate", "there is no suspended CronJob api, ui"],
    [
      "one is no CronJob, another isn't suspended",
      at([], { jobs: someJobs({ tests: [template("api", false)] }) }),
      "NoTemplate",
      "there is no suspended CronJob api, ui",
    ],
    [
      "the CronJob of a test that runs was deleted",
      at([aTest("api"), aTest("ui")], { jobs: someJobs() }),
      "Testing",
      "waiting for api, ui",
    ],
  ])("is Unknown while %s", (_, c, reason, message) => {
    expect(judgeSmokeTests(c)).toEqual(unknown(reason, message));
  });
});
