import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { searchKey, searchSpec, seedSearchApp } from "#test/builders/search-app.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSyncStatus } from "#test/builders/verification.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { observe } from "./observe.ts";

const run = {
  purpose: "Preflight",
  number: 1,
  job: "docs-verify-preflight-1-abc123",
  askedAt: "2026-01-01T00:00:00.000Z",
} as const;
const wish = { name: run.job, template: "search-api-retriever-verify", since: null };

function arrange(status: Partial<MigrationStatus> = {}, spec: object = {}) {
  const [cluster, sidecars, clock] = [new FakeCluster(), new FakeSidecars(), new FakeClock()];
  const [jobs, reports] = [new FakeJobs(), new FakeReports()];
  seedSearchApp(cluster, sidecars, 1);
  jobs.addTemplate(wish.template);
  const meta = cluster.create(searchKey, searchSpec);
  const value = migrationSpecSchema.parse({ ...searchSpec, ...spec });
  const phase: Phase = "Preflight";
  const migration = { meta, spec: { ok: true as const, value }, status: aStatus({ phase, ...status }) };
  const deps = { cluster, sidecars, jobs, reports, clock, deadlineMs: 1000 };
  return { jobs, reports, meta, observed: () => observe(migration, deps, new AbortController().signal) };
}

describe("the Jobs of a migration", () => {
  test("are read with what they are made from", async () => {
    const { jobs, meta, observed } = arrange({ verification: { runs: [run] } });
    await jobs.createJob(meta, wish);
    expect((await observed()).jobs).toEqual({
      ok: true,
      value: {
        verifier: { name: wish.template, suspended: true, hasVerifier: true },
        tests: [],
        jobs: [{ name: run.job, state: "running", message: "", partitions: 1, pods: [] }],
        reportOf: null,
      },
    });
  });

  test("show what copies are made from, and the last words of the one that has ended", async () => {
    const copy = { number: 1, job: "docs-copy-1-abc123", planHash: "", askedAt: run.askedAt };
    const { jobs, meta, observed } = arrange({ copy }, { data: { copy: "IfIncomplete" } });
    const template = "search-api-retriever-copy";
    jobs.addTemplate(template, { containers: ["retriever-copy"] });
    await jobs.createJob(meta, { name: copy.job, template, since: null });
    expect((await observed()).jobs).toMatchObject({
      value: { copier: { name: template, suspended: true, hasCopier: true }, jobs: [{ state: "running", pods: [] }] },
    });
    const ended = { exitCode: 1, at: 1, message: "3 new; drift, 1 missing; 1 refused, c-1: it has a NUL" };
    jobs.run(copy.job, "failed", [{ ended }]);
    expect((await observed()).jobs).toMatchObject({ value: { jobs: [{ pods: [{ words: ended.message }] }] } });
  });

  test("show what syncs are made from, and how far the one that runs is, as its pod says", async () => {
    const sync = { number: 1, job: "docs-sync-1-abc123", planHash: "", askedAt: run.askedAt };
    const stores = { source: sourceIdentity, destination: destinationIdentity };
    const { jobs, reports, meta, observed } = arrange(
      { phase: "Guard", sync, ...stores },
      { data: { sync: "Continuous" } },
    );
    const template = "search-api-retriever-sync";
    jobs.addTemplate(template, { containers: ["retriever-sync"] });
    await jobs.createJob(meta, { name: sync.job, template, since: null });
    jobs.run(sync.job, "running", [{ ip: "ip-sync" }]);
    expect((await observed()).jobs).toMatchObject({
      value: {
        syncer: { name: template, suspended: true, hasSyncer: true },
        jobs: [{ pods: [{ sync: { ok: false, why: expect.stringContaining("ip-sync") } }] }],
      },
    });
    reports.syncs.set("ip-sync", aSyncStatus());
    expect((await observed()).jobs).toMatchObject({
      value: { jobs: [{ pods: [{ sync: { ok: true, value: { lagSeconds: 6, backlog: 2, refused: 1 } } }] }] },
    });
    expect(JSON.stringify((await observed()).jobs)).not.toContain("chunk-1");
  });

  test.each([
    ["Ramp", [], "allow"],
    ["AwaitingCutover", [{ ...aCondition("Ready", "True"), reason: "SyncRemoves" }], "hold"],
    ["CuttingOver", [], "hold"],
    ["Guard", [], "hold"],
  ] as const)(
    "give a sync leave to remove while nobody can be sent to the destination: %s",
    async (phase, conditions, removals) => {
      const sync = { number: 1, job: "docs-sync-1-abc123", planHash: "", askedAt: run.askedAt };
      const stores = { source: sourceIdentity, destination: destinationIdentity };
      const status = { phase, sync, conditions: [...conditions], ...stores };
      const { jobs, reports, meta, observed } = arrange(status, { data: { sync: "Continuous" } });
      const template = "search-api-retriever-sync";
      jobs.addTemplate(template, { containers: ["retriever-sync"] });
      await jobs.createJob(meta, { name: sync.job, template, since: null });
      jobs.run(sync.job, "running", [{ ip: "ip-sync" }]);
      reports.syncs.set("ip-sync", aSyncStatus());
      await observed();
      expect(reports.leaves).toEqual([removals]);
    },
  );

  test.each(["copy", "sync", "repair"] as const)(
    "show a %s whose Job is gone until its pods have ended",
    async (which) => {
      const job = `docs-${which}-1-abc123`;
      const open = {
        number: 1,
        job,
        planHash: "",
        askedAt: run.askedAt,
        ...(which === "repair" ? { digest: "d".repeat(64), actor: "ada" } : {}),
      };
      const phase = which === "repair" ? "RolledBack" : "Preflight";
      const { jobs, observed } = arrange(
        { phase, [which]: open },
        { data: { copy: "IfIncomplete", sync: "Continuous" } },
      );
      const pod = { name: `${job}-x`, partition: 0, ip: "", uid: "u", reportPort: 0, running: true, ended: null };
      jobs.lingering.set(job, [pod]);
      const gone = { name: job, state: "running", isGone: true, message: "", partitions: 1, pods: [] };
      expect((await observed()).jobs).toMatchObject({ ok: true, value: { jobs: [gone] } });
      jobs.lingering.set(job, [{ ...pod, running: false, ended: { exitCode: 143, at: 1, message: "" } }]);
      expect((await observed()).jobs).toMatchObject({ ok: true, value: { jobs: [] } });
    },
  );

  test("are read after the end as long as a copy's Job isn't known to be gone", async () => {
    const copy = { number: 1, job: "docs-copy-1-abc123", planHash: "", askedAt: run.askedAt };
    expect(await arrange({ phase: "RollingBack", copy }).observed()).toHaveProperty("jobs");
  });

  test.each([["Ramp"], ["Guard"], ["RollingBack"], ["Completed"]] as const)(
    "are not read in %s: nobody asks for them",
    async (phase) => expect(await arrange({ phase }).observed()).not.toHaveProperty("jobs"),
  );

  test("are not read where the plan skips them", async () => {
    const skip = { policy: "Skip" };
    const { observed } = arrange({}, { checklist: { parity: skip, smokeTests: skip } });
    expect(await observed()).not.toHaveProperty("jobs");
  });

  test("show where a report can be fetched, and what a pod said at its end", async () => {
    const { jobs, reports, meta, observed } = arrange({ verification: { runs: [run] } });
    await jobs.createJob(meta, wish);
    jobs.run(run.job, "running", [{ ip: "ip-ready" }, { ip: "ip-busy" }]);
    reports.texts.set("ip-ready", "{}");
    const served = await observed();
    expect(served.jobs?.ok === true && served.jobs.value.jobs[0]?.pods.map(({ report }) => report)).toEqual([
      { address: "ip-ready", port: 7091 },
      null,
    ]);
    jobs.run(run.job, "failed", [
      { running: false, ended: { exitCode: 3, at: 5, message: "RETR_CONFIG_INVALID: --level\n" } },
    ]);
    const ended = await observed();
    expect(ended.jobs?.ok === true && ended.jobs.value.jobs[0]?.pods[0]).toMatchObject({
      exitCode: 3,
      summary: null,
      words: "RETR_CONFIG_INVALID: --level",
    });
  });

  test("that can't be read are unread, with a reason, and hold nothing else up", async () => {
    const { jobs, observed } = arrange();
    jobs.fault = new OperatorError("ROP_FORBIDDEN", "list jobs.batch");
    const seen = await observed();
    expect(seen.jobs).toMatchObject({ ok: false, why: expect.stringContaining("list jobs.batch") });
    expect(seen.pods.ok).toBe(true);
  });
});
