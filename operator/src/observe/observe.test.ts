import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import type { Migration } from "#core/model/migration.ts";
import { OperatorError } from "#errors.ts";
import { aRecord, groupsOf } from "#test/builders/epoch-record.ts";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aPod, aWorkload, searchKey, searchSpec, seedSearchApp } from "#test/builders/search-app.ts";
import { aSidecarStatus } from "#test/builders/sidecar-status.ts";
import { aResult, aRun, someCounts } from "#test/builders/verification.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { observe } from "./observe.ts";
import { readPolicies } from "./read-policies.ts";
import { SilentPods } from "./silent-pods.ts";

function arrange(pods = 3) {
  const cluster = new FakeCluster();
  const sidecars = new FakeSidecars();
  const jobs = new FakeJobs();
  const reports = new FakeReports();
  const clock = new FakeClock();
  seedSearchApp(cluster, sidecars, pods);
  const meta = cluster.create(searchKey, searchSpec);
  const migration: Migration = {
    meta,
    spec: { ok: true, value: migrationSpecSchema.parse(searchSpec) },
    status: aStatus(),
  };
  const silentPods = new SilentPods(clock);
  const deps = { cluster, sidecars, jobs, reports, clock, silentPods, deadlineMs: 1000 };
  const observed = (of: Migration = migration) => observe(of, deps, new AbortController().signal);
  return { cluster, sidecars, jobs, reports, clock, migration, observed };
}

describe("an observation", () => {
  test("of a healthy target has every part", async () => {
    const { observed, clock } = arrange();
    const seen = await observed();
    expect(seen.at).toBe(clock.now());
    expect(seen.target).toEqual({
      ok: true,
      value: {
        found: true,
        namespaceTerminating: false,
        replicas: 3,
        hasSidecar: true,
        mountsOverlay: true,
        baseConfigMaps: ["search-api-retriever"],
        baseFaults: [],
      },
    });
    expect(seen).toMatchObject({
      overlay: { ok: true, value: null },
      claims: { ok: true, value: [] },
      acts: { ok: true, value: [] },
    });
    expect(seen.pods.ok && seen.pods.value.map(({ name, status }) => [name, status.ok])).toEqual([
      ["search-api-0", true],
      ["search-api-1", true],
      ["search-api-2", true],
    ]);
  });

  test.each([
    ["its text", [{ key: "migration.json", path: "migration.json" }], true],
    ["every key", null, true],
    ["its text under another name", [{ key: "migration.json", path: "other.json" }], false],
    ["another key alone", [{ key: "other", path: "migration.json" }], false],
    ["nothing", [], false],
  ])("of a target whose volume takes %s of the overlay says whether its pods can follow", async (_, items, mounts) => {
    const { observed, cluster } = arrange();
    const overlay = { configMap: "search-api-retriever-migration", optional: true, items };
    const configSources = [...aWorkload().configSources.slice(0, 1), overlay];
    cluster.workloads.set("search/search-api", aWorkload({ configSources }));
    const { target } = await observed();
    expect(target).toMatchObject({ ok: true, value: { mountsOverlay: mounts } });
  });

  test("of a settled migration asks for its acts alone", async () => {
    const { observed, migration, sidecars } = arrange();
    const status = aStatus({ phase: "RolledBack", conditions: [aCondition("Settled", "True")] });
    const seen = await observed({ ...migration, status });
    expect(seen.acts).toEqual({ ok: true, value: [] });
    const parts = [seen.target, seen.overlay, seen.pods, seen.claims];
    expect(parts.map(({ ok }) => ok)).toEqual([false, false, false, false]);
    expect(sidecars.asked).toEqual([]);
  });

  test("of a settled migration whose corrections are open asks for what a RepairDrift is judged on, and for no pod", async () => {
    const { observed, migration, sidecars } = arrange();
    const result = aResult({ counts: someCounts({ extra: 1 }), digest: "0".repeat(64) });
    const status = aStatus({
      phase: "RolledBack",
      conditions: [aCondition("Settled", "True")],
      verification: { runs: [aRun({ purpose: "Rollback", result })] },
    });
    const seen = await observed({ ...migration, status });
    expect([seen.target, seen.overlay, seen.pods].map(({ ok }) => ok)).toEqual([false, false, false]);
    expect([seen.claims, seen.actIdentity, seen.policies, seen.jobs].map((read) => read?.ok)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(sidecars.asked).toEqual([]);
  });

  test("asks the sidecars for the three spans in their fixed order", async () => {
    const { observed, sidecars } = arrange(1);
    await observed();
    expect(sidecars.asked[0]?.windows).toEqual([
      { seconds: 15, offsetSeconds: 0 },
      { seconds: 300, offsetSeconds: 0 },
      { seconds: 900, offsetSeconds: 0 },
    ]);
  });

  test("asks each pod as its template says: in plain HTTP, by its workload's name, or for its proof", async () => {
    const { observed, sidecars, cluster } = arrange(3);
    const ways = ["tls", "mutual"] as const;
    for (const [index, adminTls] of ways.entries()) {
      const seen = cluster.pods[index];
      if (seen !== undefined) cluster.pods[index] = { ...seen, pod: { ...seen.pod, adminTls } };
    }
    await observed();
    const serverName = "search-api.search.svc";
    expect(sidecars.asked.map((peer) => [peer.serverName, peer.podUid])).toEqual([
      [serverName, undefined],
      [serverName, cluster.pods[1]?.pod.uid],
      [undefined, undefined],
    ]);
  });

  test("asks each pod for the bins that its record lacks, and one without a record for all", async () => {
    const { observed, sidecars, migration } = arrange(2);
    const groups = groupsOf([{ uid: aPod("search-api-1").uid, binsUntil: 1_772_323_200 }]);
    await observed({ ...migration, status: aStatus({ evidence: aRecord(5, {}, { groups }) }) });
    expect(sidecars.asked.map(({ address, bins }) => [address, bins])).toEqual([
      ["ip-search-api-0", 0],
      ["ip-search-api-1", 1_772_323_200],
    ]);
  });

  test("of many pods asks at most twenty at a time", async () => {
    const { observed, sidecars } = arrange(60);
    const seen = await observed();
    expect(seen.pods.ok && seen.pods.value.length).toBe(60);
    expect(sidecars.mostAtOnce).toBe(20);
  });

  test("of a thousand pods of which a third never answers takes three seconds, and hears all others", async () => {
    const { observed, sidecars, clock } = arrange(1000);
    for (let index = 0; index < 1000; index += 3)
      sidecars.answer(`ip-search-api-${index}`, () => new Promise(() => undefined));
    const pass = async () => {
      const from = clock.elapsed();
      const ends: number[] = [];
      const seen = observed().finally(() => {
        ends.push(clock.elapsed());
      });
      while (ends.length === 0) await clock.advance(100);
      const { pods } = await seen;
      return {
        tookMs: (ends[0] ?? Number.NaN) - from,
        heard: pods.ok ? pods.value.filter(({ status }) => status.ok).length : 0,
      };
    };
    expect((await pass()).tookMs).toBeLessThanOrEqual(3100);
    // Who waited in vain behind the silent ones comes before them now; they rest meanwhile.
    const passes = [await pass(), await pass(), await pass()];
    expect(passes.map(({ heard }) => heard)).toEqual([666, 666, 666]);
    expect(Math.max(...passes.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(3100);
    // One that answers again is heard within twenty seconds.
    sidecars.answer("ip-search-api-0", () => aSidecarStatus({ podUid: "uid-search-api-0" }));
    await clock.advance(20_000);
    expect((await pass()).heard).toBe(667);
  });

  test("of a pod that can't answer says why, and of the others what they say", async () => {
    const { observed, sidecars, cluster } = arrange(1);
    sidecars.silence("ip-search-api-0");
    const app = { namespace: "search", selector: "app=search-api" };
    cluster.pods.push({ ...app, pod: aPod("starting", { sidecarRunning: false }) });
    cluster.pods.push({ ...app, pod: aPod("pending", { ip: "" }) });
    cluster.pods.push({ ...app, pod: aPod("replaced") });
    sidecars.answer("ip-replaced", () => aSidecarStatus({ podUid: "another-uid" }));
    const seen = await observed();
    const whys = seen.pods.ok
      ? seen.pods.value.map(({ name, status }) => `${name}: ${status.ok ? "ok" : status.why}`)
      : [];
    expect(whys).toEqual([
      expect.stringContaining("ROP_SIDECAR_UNREACHABLE"),
      "starting: the sidecar isn't running",
      "pending: the pod has no address yet",
      "replaced: another pod answered at this address",
    ]);
  });

  test("asks no pod that isn't proved, counts no stranger, and names them all", async () => {
    const { observed, sidecars, cluster } = arrange(1);
    const app = { namespace: "search", selector: "app=search-api" };
    const podUid = "uid-";
    cluster.pods.push({ ...app, pod: aPod("stranger", { stranger: "no controller owns it" }) });
    cluster.pods.push({ ...app, pod: aPod("on-host", { unaskable: "it is in its node's network" }) });
    cluster.pods.push({ ...app, pod: aPod("nameless") });
    sidecars.answer("ip-nameless", () => aSidecarStatus({ podUid: "" }));
    cluster.pods.push({ ...app, pod: aPod("unborn", { uid: "" }) });
    sidecars.answer("ip-unborn", () => aSidecarStatus({ podUid: "" }));
    for (const name of ["stranger", "on-host"]) sidecars.answer(`ip-${name}`, () => aSidecarStatus({ podUid }));
    const seen = await observed();
    const pods = seen.pods.ok ? seen.pods.value : [];
    expect(pods.map(({ name, status }) => [name, status.ok])).toEqual([
      ["search-api-0", true],
      ["on-host", false],
      ["nameless", false],
      ["unborn", false],
    ]);
    expect(sidecars.asked.map(({ address }) => address)).not.toContain("ip-stranger");
    expect(sidecars.asked.map(({ address }) => address)).not.toContain("ip-on-host");
    expect(seen.unproved).toEqual([
      "nameless: its sidecar doesn't know the pod's uid: set RETRIEVER_POD_UID from metadata.uid",
      "on-host: it is in its node's network",
      "stranger: no controller owns it",
      "unborn: its sidecar doesn't know the pod's uid: set RETRIEVER_POD_UID from metadata.uid",
    ]);
  });

  test("names twenty of many that aren't proved, and how many more", async () => {
    const { observed, cluster } = arrange(0);
    const app = { namespace: "search", selector: "app=search-api" };
    for (let index = 0; index < 50; index += 1)
      cluster.pods.push({ ...app, pod: aPod(`s-${index}`, { stranger: "no controller owns it" }) });
    const { unproved, pods } = await observed();
    expect(unproved).toHaveLength(21);
    expect(unproved?.at(-1)).toBe("30 more");
    expect(pods).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["readWorkload", ["target", "pods"]],
    ["readConfigMap", ["target", "overlay"]],
    ["readNamespaceTerminating", ["target"]],
    ["listPods", ["pods"]],
    ["listClaims", ["claims"]],
    ["listActs", ["acts"]],
  ] as const)("whose %s fails leaves exactly %j unread, with a reason", async (method, parts) => {
    const { observed, cluster } = arrange();
    cluster.failNext(method, new OperatorError("ROP_FORBIDDEN", "get things"));
    const seen = await observed();
    const all = ["target", "overlay", "pods", "claims", "acts"] as const;
    expect(all.filter((part) => !seen[part].ok)).toEqual(parts);
    for (const part of parts)
      expect(seen[part]).toMatchObject({ ok: false, why: expect.stringContaining("ROP_FORBIDDEN") });
  });

  test("whose every read hangs ends at the deadline with everything unread", async () => {
    const { observed, cluster, clock } = arrange();
    for (const method of [
      "readWorkload",
      "readConfigMap",
      "readNamespaceTerminating",
      "listClaims",
      "listActs",
      "listPolicies",
    ] as const)
      cluster.hang(method);
    const seen = observed();
    await clock.advance(1000);
    expect(Object.values(await seen).filter((part) => typeof part === "object" && "ok" in part && part.ok)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("reads policies until something is sampled; without the right to list them there are none, unless they are required", async () => {
    const { observed, cluster, migration } = arrange();
    const policy = { name: "newer", fault: "spec.moon: expected no such field" };
    cluster.policies.push(policy);
    const inPhase = async (phase: Phase) => {
      const seen = await observed({ ...migration, status: { ...migration.status, phase } });
      return seen.policies;
    };
    for (const phase of ["Pending", "Preflight", "AwaitingApproval"] as const)
      expect(await inPhase(phase)).toEqual({ ok: true, value: [policy] });
    for (const phase of ["WarmUp", "Guard", "RollingBack"] as const) expect(await inPhase(phase)).toBeUndefined();
    cluster.failNext("listPolicies", new OperatorError("ROP_FORBIDDEN", "list policies"));
    expect(await inPhase("Pending")).toEqual({ ok: true, value: [] });
    const deadline = { clock: new FakeClock(), deadlineMs: 1000, signal: new AbortController().signal };
    const required = readPolicies(migration, { cluster, migrationPolicies: "required" }, deadline);
    expect(await required).toMatchObject({ policies: { ok: false } });
  });

  test("of a target that is gone says so, without pods", async () => {
    const { observed, cluster } = arrange();
    cluster.workloads.clear();
    cluster.terminating.add("search");
    const seen = await observed();
    expect(seen.target).toEqual({ ok: true, value: { found: false, namespaceTerminating: true } });
    expect(seen.pods).toEqual({ ok: true, value: [] });
  });

  test("follows the accepted plan, not a later edit of the spec", async () => {
    const { observed, cluster, migration } = arrange();
    cluster.workloads.set("search/edited", aWorkload({ replicas: 99 }));
    const plan = JSON.stringify(migrationSpecSchema.parse(searchSpec));
    const edited = migrationSpecSchema.parse({ ...searchSpec, target: { name: "edited" } });
    const seen = await observed({
      ...migration,
      spec: { ok: true, value: edited },
      status: { ...migration.status, plan },
    });
    expect(seen.target).toMatchObject({ value: { replicas: 3 } });
  });

  test("reads the overlay with its intent, hash and foreign managers", async () => {
    const { observed, cluster, migration } = arrange();
    const intent = {
      migrationUid: migration.meta.uid,
      epoch: 3,
      rollback: { reason: "Alert", causes: ["slow"], actor: null },
    };
    await cluster.applyOverlay({ namespace: "search", name: "search-api" }, { text: "{}", intent, force: false });
    cluster.writeConfigMap("search", "search-api-retriever-migration", { "migration.json": "not json" }, "flux");
    expect((await observed()).overlay).toEqual({
      ok: true,
      value: {
        version: expect.objectContaining({ uid: expect.any(String) }),
        text: "not json",
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        document: null,
        hasFinalizer: true,
        deleting: false,
        intent,
        foreignManagers: ["flux"],
      },
    });
  });

  test("reads an overlay of a newer operator as far as it knows it, so that its epoch and its owner count", async () => {
    const { observed, cluster } = arrange();
    const document = {
      schema: 1,
      revision: { epoch: 7, migrationUid: "theirs", plan: "plan" },
      source: { digest: "0".repeat(32) },
      destination: searchSpec.destination,
      primary: "source",
      shadow: "none",
      sampleRate: 0,
      thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80, patience: 3 },
      released: false,
    };
    const newer = JSON.stringify({ ...document, moon: true });
    cluster.writeConfigMap("search", "search-api-retriever-migration", { "migration.json": newer }, "flux");
    expect((await observed()).overlay).toMatchObject({
      value: { text: newer, document: { revision: { epoch: 7, migrationUid: "theirs" } } },
    });
    const wrong = JSON.stringify({ ...document, moon: true, sampleRate: "all" });
    cluster.writeConfigMap("search", "search-api-retriever-migration", { "migration.json": wrong }, "flux");
    expect((await observed()).overlay).toMatchObject({ value: { text: wrong, document: null } });
  });
});
