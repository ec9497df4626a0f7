import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aJob, aResult, aRun, aSummary, aVerifyPod, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { jobEffects } from "./effects.ts";

const migration = aMigration().in("Preflight").build();
const plan = aSpec();
const template = "search-api-retriever-verify";
const verifier = { name: template, suspended: true, hasVerifier: true };
const running = (name: string) => aJob([], { name, state: "running" });

function effects(
  status: Partial<MigrationStatus>,
  jobs: Exclude<Observation["jobs"], undefined> = someJobs(),
  more: Partial<typeof migration.meta> = {},
) {
  const observation = anObservation(migration, {}, { jobs });
  return jobEffects({
    meta: { ...migration.meta, ...more },
    plan,
    target: "search-api",
    observation,
    status: aStatus({ phase: "Preflight", ...status }),
    repairOverlay: undefined,
  });
}

const asked = { verification: { runs: [aRun()] } };

describe("a verification under way", () => {
  test("has its Job created, with the beginning it is asked to compare from", () => {
    const effect = { kind: "createJob", job: "job", template, since: null };
    expect(effects(asked)).toEqual([effect]);
    const since = "2026-03-01T00:00:00Z";
    expect(effects({ verification: { runs: [aRun({ since })] } })).toEqual([{ ...effect, since }]);
  });

  test.each<[string, Parameters<typeof effects>[1]]>([
    ["the Job is there", someJobs({ jobs: [running("job")] })],
    ["there is no template", someJobs({ verifier: null })],
    ["the template runs by itself", someJobs({ verifier: { ...verifier, suspended: false } })],
    ["the Jobs can't be read", { ok: false, why: "timed out" }],
  ])("has none created while %s", (_, jobs) => {
    expect(effects(asked, jobs)).toEqual([]);
  });

  test("has none created while the Jobs were not read", () => {
    const observation = anObservation(migration);
    const status = aStatus({ phase: "Preflight", ...asked });
    expect(
      jobEffects({ meta: migration.meta, plan, target: "search-api", observation, status, repairOverlay: undefined }),
    ).toEqual([]);
  });

  test("has nothing deleted where only the pods of its Job are left, nor another one created beside them", () => {
    const left = { ...running("job"), isGone: true } as const;
    expect(effects({ ...asked, phase: "RollingBack" }, someJobs({ jobs: [left] }))).toEqual([]);
    expect(effects(asked, someJobs({ jobs: [left] }))).toEqual([]);
  });

  test("has its Job ended, not created, once nobody waits for it", () => {
    const seen = someJobs({ jobs: [running("job")] });
    const gone = [{ kind: "deleteJobs", jobs: ["job"] }];
    expect(effects({ ...asked, phase: "RollingBack" })).toEqual([]);
    expect(effects(asked, someJobs(), { deleting: true })).toEqual([]);
    expect(effects({ ...asked, phase: "RollingBack" }, seen)).toEqual(gone);
    expect(effects(asked, seen, { deleting: true })).toEqual(gone);
    expect(effects({ verification: { runs: [aRun({ result: aResult() })] } }, seen)).toEqual(gone);
  });
});

describe("a report", () => {
  const report = { address: "http://10.0.0.1", port: 7091 };
  const pods = [aVerifyPod(aSummary(), { partition: 1, report }), aVerifyPod(null)];
  const seen = (name = "job") => someJobs({ jobs: [aJob(pods, { name, state: "running", partitions: 2 })] });

  test("is kept of every pod that offers one, for the stores of this migration", () => {
    expect(effects(asked, seen())).toEqual([
      {
        kind: "keepReport",
        job: "job",
        configMap: "docs-to-qdrant-drift",
        partition: 1,
        partitions: 2,
        ...report,
        source: sourceIdentity,
        destination: destinationIdentity,
      },
    ]);
  });

  test("is nobody's business of another Job, or before the stores are known", () => {
    expect(effects({}, seen("other")).filter(({ kind }) => kind === "keepReport")).toEqual([]);
    expect(effects({ ...asked, source: undefined }, seen())).toEqual([]);
    expect(effects({ ...asked, destination: undefined }, seen())).toEqual([]);
  });
});

describe("a smoke test", () => {
  const test1 = { cronJob: "api-smoke", number: 1, job: "smoke-1", askedAt: "2026-03-01T11:00:00Z" };
  const cronJob = { name: "api-smoke", suspended: true, hasVerifier: false };
  const tests = [cronJob];
  const smokeTests = { smokeTests: [test1] };
  const result = { passed: true, message: "", at: "2026-03-01T11:00:00Z" };

  test("that was asked for has its Job created from the CronJob it names", () => {
    const created = [{ kind: "createJob", job: "smoke-1", template: "api-smoke", since: null }];
    expect(effects(smokeTests, someJobs({ tests }))).toEqual(created);
    expect(effects({ ...smokeTests, phase: "AwaitingApproval" }, someJobs({ tests }))).toEqual(created);
  });

  test.each<[string, Partial<MigrationStatus>, Parameters<typeof effects>[1]]>([
    ["that has its result", { smokeTests: [{ ...test1, result }] }, someJobs({ tests })],
    ["whose Job is there", smokeTests, someJobs({ tests, jobs: [running("smoke-1")] })],
    ["whose CronJob is gone", smokeTests, someJobs({ tests: [{ ...cronJob, name: "other" }] })],
    ["whose CronJob runs by itself", smokeTests, someJobs({ tests: [{ ...cronJob, suspended: false }] })],
    ["in a phase that doesn't wait for it", { ...smokeTests, phase: "AwaitingCutover" }, someJobs({ tests })],
  ])("%s has none created", (_, status, jobs) => {
    expect(effects(status, jobs)).toEqual([]);
  });

  test("has its Job ended in a phase that doesn't wait for it, and after its result", () => {
    const seen = someJobs({ tests, jobs: [running("smoke-1")] });
    const gone = [{ kind: "deleteJobs", jobs: ["smoke-1"] }];
    for (const phase of ["RolledBack", "WarmUp", "Completed"] as const)
      expect(effects({ ...smokeTests, phase }, seen)).toEqual(gone);
    expect(effects({ smokeTests: [{ ...test1, result }] }, seen)).toEqual(gone);
    expect(effects(smokeTests, seen)).toEqual([]);
  });

  test("of a migration that is being deleted has none created", () => {
    expect(effects(smokeTests, someJobs({ tests }), { deleting: true })).toEqual([]);
  });
});

describe("Jobs that are over", () => {
  const over = ["a", "b", "c", "d", "e"].map((name) => aJob([], { name }));

  test("are kept, the newest three of them", () => {
    expect(effects({}, someJobs({ jobs: over.slice(0, 3) }))).toEqual([]);
    expect(effects({}, someJobs({ jobs: over }))).toEqual([{ kind: "deleteJobs", jobs: ["a", "b"] }]);
  });

  test("go after those that still run and nobody waits for", () => {
    const jobs = [...over.slice(0, 4), running("z")];
    expect(effects({}, someJobs({ jobs }))).toEqual([{ kind: "deleteJobs", jobs: ["z", "a"] }]);
  });

  test("of smoke tests the status knows are kept beside them", () => {
    const known = { cronJob: "api-smoke", number: 1, job: "a", askedAt: "2026-03-01T11:00:00Z" };
    expect(effects({ smokeTests: [known] }, someJobs({ jobs: over.slice(0, 4) }))).toEqual([]);
  });
});
