import { describe, expect, test } from "vitest";
import type { Effect } from "#core/model/decision.ts";
import { OperatorError } from "#errors.ts";
import { searchKey, searchSpec, seedSearchApp } from "#test/builders/search-app.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aMigration, overlayOf } from "#test/builders/world.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { apply } from "./apply.ts";

const overlayId = "search/search-api-retriever-migration";
const overlay = {
  kind: "applyOverlay",
  document: {} as Extract<Effect, { kind: "applyOverlay" }>["document"],
  text: overlayOf(aMigration().in("Guard").build())?.text ?? "",
  intent: { migrationUid: "u", epoch: 2, rollback: null },
  force: false,
} as const satisfies Effect;

function arrange(target: string | undefined = "search-api", deadlineMs = 1000) {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  seedSearchApp(cluster, new FakeSidecars());
  const meta = cluster.create(searchKey, searchSpec);
  const reports: string[] = [];
  const jobs = new FakeJobs();
  const verifiers = new FakeReports();
  const deps = {
    cluster,
    jobs,
    reports: verifiers,
    clock,
    deadlineMs,
    isOnRecord: (_migration: string, act: string) => act !== "uid-fresh",
    report: (kind: string, result: string) => void reports.push(`${kind} ${result}`),
  };
  const run = (effects: readonly Effect[]) => apply(effects, { meta, target }, deps, new AbortController().signal);
  return { cluster, jobs, verifiers, clock, reports, run };
}

/** An act that somebody created by hand. */
function actOf(name: string) {
  const basics = { name, uid: `uid-${name}`, createdAt: 0, act: "Pause", actor: "ada", reason: "" } as const;
  const observation = { ...basics, planHash: null, expiresAt: null, ownerless: true } as const;
  return { namespace: searchKey.namespace, migrationUid: "u", observation };
}

describe("effects", () => {
  test("carried out twice are carried out once", async () => {
    const { cluster, run } = arrange();
    const effects: readonly Effect[] = [
      { kind: "addFinalizer" },
      overlay,
      { kind: "annotatePods", pods: ["search-api-0"], epoch: 2 },
    ];
    expect(await run(effects)).toEqual({ ok: true });
    const once = JSON.stringify([...cluster.configMaps, ...cluster.pods]);
    expect(await run(effects)).toEqual({ ok: true });
    expect(JSON.stringify([...cluster.configMaps, ...cluster.pods])).toBe(once);
  });

  test("stop at the first that fails, and say which", async () => {
    const { cluster, reports, run } = arrange();
    cluster.failNext("applyOverlay", new OperatorError("ROP_FIELD_CONFLICT", "flux owns it"));
    expect(await run([{ kind: "addFinalizer" }, overlay, { kind: "removeOverlay" }])).toMatchObject({
      ok: false,
      kind: "applyOverlay",
      error: { code: "ROP_FIELD_CONFLICT" },
    });
    expect(reports).toEqual(["addFinalizer done", "applyOverlay failed"]);
  });

  test("never write an overlay that no sidecar would read", async () => {
    const { cluster, run } = arrange();
    for (const text of ["{}", "not json", overlay.text.replace('"epoch": 5', '"epoch": 0'), " ".repeat(70_000)])
      expect(await run([{ ...overlay, text }])).toMatchObject({ ok: false, error: { code: "ROP_OVERLAY_INVALID" } });
    expect(cluster.configMaps.get(overlayId)).toBeUndefined();
  });

  test("on pods reach every pod that is left, although one refuses and one is gone", async () => {
    const { cluster, run } = arrange();
    cluster.failNext("annotatePod", new OperatorError("ROP_API_UNAVAILABLE", "down"), 1);
    const pods = ["search-api-0", "gone", "search-api-1", "search-api-2"];
    expect(await run([{ kind: "annotatePods", pods, epoch: 2 }])).toMatchObject({
      ok: false,
      error: { code: "ROP_API_UNAVAILABLE" },
    });
    expect(cluster.pods.map(({ pod }) => pod.annotatedEpoch)).toEqual([0, 2, 2]);
    expect(await run([{ kind: "annotatePods", pods, epoch: 2 }])).toEqual({ ok: true });
  });

  test("that remove or abandon the overlay differ in what stays", async () => {
    const { cluster, run } = arrange();
    await run([overlay, { kind: "abandonOverlay" }]);
    expect(cluster.configMaps.get(overlayId)).toMatchObject({ finalizers: [] });
    await run([{ kind: "removeOverlay" }, { kind: "removeFinalizer" }]);
    expect(cluster.configMaps.has(overlayId)).toBe(false);
  });

  test("that hang end at the deadline", async () => {
    const { cluster, clock, run } = arrange();
    cluster.hang("applyOverlay");
    const applied = run([overlay]);
    await clock.advance(1000);
    expect(await applied).toMatchObject({ ok: false, error: { code: "ROP_DEADLINE_EXCEEDED" } });
  });

  test("on pods whose patches hang leave what follows them its turn within seconds", async () => {
    const { cluster, clock, jobs, run } = arrange("search-api", 30_000);
    cluster.hang("annotatePod");
    jobs.addTemplate("verify");
    const create: Effect = { kind: "createJob", job: "docs-verify-1", template: "verify", since: null };
    const applied = run([{ kind: "annotatePods", pods: ["search-api-0"], epoch: 2 }, create]);
    await clock.advance(3000);
    expect(await applied).toMatchObject({ ok: false, kind: "annotatePods", error: { code: "ROP_DEADLINE_EXCEEDED" } });
    expect(jobs.journal).toEqual(["created docs-verify-1"]);
  });

  test("on more pods than there is time for leave the others to the next pass, which is no fault", async () => {
    const { cluster, clock, run } = arrange("search-api", 30_000);
    const annotated: string[] = [];
    cluster.annotatePod = async (_namespace, pod) => {
      await new Promise<void>((resolve) => void clock.after(1000, resolve));
      annotated.push(pod);
    };
    const pods = Array.from({ length: 60 }, (_, index) => `search-api-${index}`);
    const applied = run([{ kind: "annotatePods", pods, epoch: 2 }]);
    for (let second = 0; second < 3; second += 1) await clock.advance(1000);
    expect(await applied).toEqual({ ok: true });
    expect(annotated).toHaveLength(40);
  });

  test("that nothing waits for share ten seconds, and what they leave undone is no fault of its own", async () => {
    const { clock, jobs, run, reports } = arrange("search-api", 30_000);
    jobs.createJob = () => new Promise(() => undefined);
    const create = (job: string): Effect => ({ kind: "createJob", job, template: "verify", since: null });
    const applied = run([create("docs-smoke-1"), create("docs-smoke-2"), overlay]);
    await clock.advance(10_000);
    expect(await applied).toMatchObject({ ok: false, kind: "createJob", isHeldUp: false });
    expect(reports).toEqual(["createJob failed", "applyOverlay done"]);
  });

  test("make a Job once, and end the ones that nobody waits for", async () => {
    const { jobs, run } = arrange();
    jobs.addTemplate("verify");
    const create: Effect = { kind: "createJob", job: "docs-verify-1", template: "verify", since: null };
    await run([create]);
    await run([create, { kind: "deleteJobs", jobs: ["docs-verify-1", "gone"] }]);
    expect(jobs.journal).toEqual(["created docs-verify-1", "deleted docs-verify-1"]);
  });

  test("go on after a Job that can't be made, which is told at the end", async () => {
    const { jobs, run, reports } = arrange();
    jobs.addTemplate("verify");
    const create = (job: string, template: string): Effect => ({ kind: "createJob", job, template, since: null });
    const applied = await run([create("docs-copy-1", "missing"), create("docs-verify-1", "verify")]);
    expect(applied).toMatchObject({ ok: false, kind: "createJob", error: { code: "ROP_NOT_FOUND" } });
    expect(jobs.journal).toEqual(["created docs-verify-1"]);
    expect(reports).toEqual(["createJob failed", "createJob done"]);
  });

  test("go on after a report that can't be kept and a Job that can't be deleted, and tell the first of them", async () => {
    const { jobs, verifiers, run } = arrange();
    jobs.addTemplate("verify");
    const create: Effect = { kind: "createJob", job: "docs-verify-1", template: "verify", since: null };
    await run([create]);
    verifiers.texts.set("ip", "the report");
    const place = { address: "ip", port: 7091, source: sourceIdentity, destination: destinationIdentity };
    const of = { job: "docs-verify-1", partition: 0, partitions: 1, configMap: "docs-drift" };
    jobs.takenMaps.add("docs-drift");
    jobs.undeletable.add("docs-held-1");
    const effects: readonly Effect[] = [
      { kind: "keepReport", ...of, ...place },
      { kind: "deleteJobs", jobs: ["docs-held-1", "docs-verify-1"] },
      { kind: "addFinalizer" },
    ];
    const applied = await run(effects);
    expect(applied).toMatchObject({ ok: false, kind: "keepReport", isHeldUp: false });
    expect(applied).toMatchObject({ error: { code: "ROP_NAME_TAKEN" } });
    expect(jobs.journal).toEqual(["created docs-verify-1", "deleted docs-verify-1"]);
  });

  test("keep a report, and don't mind a verifier that has gone", async () => {
    const { jobs, verifiers, run } = arrange();
    const place = {
      address: "ip",
      port: 7091,
      source: sourceIdentity,
      destination: destinationIdentity,
      configMap: "docs-drift",
    };
    const keep: Effect = { kind: "keepReport", job: "docs-verify-1", partition: 0, partitions: 1, ...place };
    expect(await run([keep])).toEqual({ ok: true });
    expect(jobs.journal).toEqual([]);
    verifiers.texts.set("ip", "the report");
    await run([keep]);
    expect(jobs.kept.get("docs-drift")?.reports.get(0)?.text).toBe("the report");
  });

  test("place the reports of a repair before they make its Job, which names their digest", async () => {
    const { jobs, run } = arrange();
    jobs.addTemplate("search-api-retriever-repair");
    const repair = { digest: "d".repeat(64), from: "docs-drift", to: "search-api-retriever-drift", overlay: "{}" };
    const template = "search-api-retriever-repair";
    const make: Effect = { kind: "createJob", job: "docs-repair-1", template, since: null, repair };
    expect(await run([make])).toMatchObject({ ok: false, error: { code: "ROP_NOT_FOUND" } });
    expect(jobs.journal).toEqual([]);
    const report = { job: "docs-verify-1", partition: 0, text: "{}", digest: repair.digest };
    await jobs.keepReport(aMigration().build().meta, "docs-drift", report);
    expect(await run([make])).toEqual({ ok: true });
    expect(jobs.journal.slice(1)).toEqual(["placed docs-drift as search-api-retriever-drift", "created docs-repair-1"]);
    expect([jobs.overlays.get(repair.to), jobs.stored.get("docs-repair-1")?.wish.digest]).toEqual([
      "{}",
      repair.digest,
    ]);
  });

  test("delete judged acts that stand in the evidence, and make the others go with their migration", async () => {
    const { cluster, run, reports } = arrange();
    const acts = ["old", "fresh", "postmortem"].map((name) => actOf(name));
    cluster.acts.push(...acts);
    const judged = (name: string) => ({ name, uid: `uid-${name}`, stays: name === "postmortem", ownerless: true });
    const prune: Effect = { kind: "pruneActs", acts: [judged("old"), judged("fresh"), judged("postmortem")] };
    expect(await run([prune])).toEqual({ ok: true });
    expect(cluster.acts.map(({ observation: { name, ownerless } }) => [name, ownerless])).toEqual([
      ["fresh", undefined],
      ["postmortem", undefined],
    ]);
    cluster.failNext("deleteAct", new OperatorError("ROP_FORBIDDEN", "delete migrationacts"));
    expect(await run([prune, { kind: "addFinalizer" }])).toEqual({ ok: true });
    expect(reports.slice(-2)).toEqual(["pruneActs failed", "addFinalizer done"]);
  });

  test("on an overlay of an unknown target fail without a call", async () => {
    const cluster = new FakeCluster();
    const meta = cluster.create(searchKey, {});
    const idle = { jobs: new FakeJobs(), reports: new FakeReports(), report: () => undefined, isOnRecord: () => true };
    const deps = { cluster, clock: new FakeClock(), deadlineMs: 1000, ...idle };
    const applied = await apply([overlay], { meta, target: undefined }, deps, new AbortController().signal);
    expect(applied).toMatchObject({ ok: false, error: { code: "ROP_UNEXPECTED" } });
    expect(cluster.journal).toEqual([]);
  });
});
