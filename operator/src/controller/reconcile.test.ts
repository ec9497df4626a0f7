import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { packLines } from "@retriever/crds/status/packed-lines.ts";
import { describe, expect, test } from "vitest";
import type { Decision, Effect } from "#core/model/decision.ts";
import type { Migration, MigrationMeta } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { effectivePlan } from "#core/plan.ts";
import { OperatorError } from "#errors.ts";
import { makeSparingReads } from "#observe/sparing-reads.ts";
import type { RawMigration } from "#ports/cluster.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { aCondition } from "#test/builders/migration.ts";
import { searchKey, searchSpec, seedSearchApp } from "#test/builders/search-app.ts";
import { aMigration, overlayOf } from "#test/builders/world.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { makeReconcile } from "./reconcile.ts";

const overlay = {
  kind: "applyOverlay",
  document: {} as Extract<Effect, { kind: "applyOverlay" }>["document"],
  text: overlayOf(aMigration().in("Guard").build())?.text ?? "",
  intent: { migrationUid: "u", epoch: 1, rollback: null },
  force: false,
} as const satisfies Effect;

const wish = { name: "", template: "sync", since: null };

type Seen = { readonly observation: Observation; readonly migration: Migration };

function arrange(answer: (seen: Seen) => Partial<Decision>, isSparing = false) {
  const cluster = new FakeCluster();
  const sidecars = new FakeSidecars();
  const clock = new FakeClock();
  seedSearchApp(cluster, sidecars);
  cluster.create(searchKey, searchSpec);
  const seen: Seen[] = [];
  const lines: string[] = [];
  const doneAtPost: string[] = [];
  const metrics = makeMetrics({ processMetrics: false });
  const decide = ({ observation, migration }: Seen): Decision => {
    seen.push({ observation, migration });
    return {
      status: migration.status,
      effects: [],
      announcements: [],
      requeueAfterMs: 5000,
      effectsSurviveStatusFailure: false,
      ...answer({ observation, migration }),
    };
  };
  const log = makeLogger({ level: "info", destination: { write: (line: string) => void lines.push(line) } });
  const jobs = new FakeJobs();
  const reconcile = makeReconcile({
    cluster,
    sidecars,
    jobs,
    reports: new FakeReports(),
    clock,
    decide,
    log,
    metrics,
    deadlineMs: 1000,
    notifier: {
      answers: () => [],
      forget: () => undefined,
      send: () => void doneAtPost.push(...cluster.journal),
    },
    ...(isSparing ? { sparing: makeSparingReads(cluster, clock) } : {}),
  });
  const reconcileOnce = () => reconcile(searchKey, new AbortController().signal);
  return { cluster, jobs, sidecars, clock, metrics, seen, lines, doneAtPost, reconcileOnce };
}

/** Somebody else writes the migration while it is being judged. */
function meanwhile(cluster: FakeCluster, change: { readonly status?: unknown } & Partial<MigrationMeta>): void {
  const stored = cluster.migrations.get("search/docs-to-qdrant");
  if (stored === undefined) throw new Error("no migration");
  const { status = stored.status, ...meta } = change;
  Object.assign(stored, { status, meta: { ...stored.meta, ...meta } });
  cluster.touch(searchKey);
}

const inPreflight = ({ migration }: Seen): MigrationStatus => ({ ...migration.status, phase: "Preflight", epoch: 1 });

describe("a reconcile of a migration", () => {
  test("whose status is stored packed decides on what was packed, and not on nothing", async () => {
    const { cluster, seen, reconcileOnce } = arrange(() => ({}));
    const at = "2030-01-01T12:00:00.000Z";
    const line = { line: "score", slice: null, limit: 0.05, bad: 3, n: 40, evidence: 0.25, logs: [1.5] } as const;
    const packedLines = packLines([{ ...line, logs: [...line.logs] }], at);
    const detection = { epoch: 1, from: at, until: at, packedLines };
    cluster.create(searchKey, searchSpec, { status: { phase: "Preflight", detection } });
    await reconcileOnce();
    expect(seen[0]?.migration.status.detection?.lines).toEqual([line]);
  });

  test.each([
    ["without the finalizer, first and doesn't wait for the effects", [overlay], false],
    ["with the finalizer after it", [{ kind: "addFinalizer" }, overlay], true],
  ] as const)("posts what it tells %s", async (_name, effects, isDone) => {
    const { doneAtPost, reconcileOnce } = arrange((seen) => ({ status: inPreflight(seen), effects }));
    await reconcileOnce();
    expect(doneAtPost).toContain("writeStatus");
    expect(doneAtPost.includes("applyOverlay")).toBe(isDone);
  });

  test("that brings a new status and effects writes the intent before the effects and tells afterwards", async () => {
    const { cluster, reconcileOnce } = arrange((seen) => ({
      status: inPreflight(seen),
      effects: [{ kind: "addFinalizer" }, overlay, { kind: "annotatePods", pods: ["search-api-0", "gone"], epoch: 1 }],
      announcements: [{ type: "Normal", reason: "Preflight", message: "Probing.", severity: null }],
    }));
    expect(await reconcileOnce()).toEqual({ kind: "again", afterMs: 5000 });
    const order = cluster.journal.filter((line) => !/^(read|list)/.test(line));
    expect(order).toEqual([
      "writeStatus",
      "wrote status search/docs-to-qdrant Preflight",
      "addFinalizer",
      "applyOverlay",
      "applied overlay search/search-api-retriever-migration epoch 1",
      "annotatePod",
      "annotatePod",
      "announce",
      "announced Preflight",
    ]);
  });

  test("that changes nothing writes nothing", async () => {
    const { cluster, reconcileOnce } = arrange(({ migration }) => ({ status: migration.status }));
    await reconcileOnce();
    expect(cluster.journal.filter((line) => !/^(read|list)/.test(line))).toEqual([]);
  });

  test.each([
    ["its status", false, { status: { epoch: 7 } }],
    ["its status, though it rolls back", true, { status: { epoch: 7 } }],
    ["what is asked for", false, { generation: 2 }],
    ["its deletion", false, { deleting: true }],
  ] as const)(
    "of which others changed %s meanwhile comes again soon, without effect, message or log line",
    async (_what, effectsSurviveStatusFailure, change) => {
      const { cluster, reconcileOnce, lines } = arrange((seen) => {
        meanwhile(cluster, change);
        return {
          status: inPreflight(seen),
          effects: [overlay],
          announcements: [{ type: "Normal", reason: "X", message: "x", severity: null }],
          effectsSurviveStatusFailure,
        };
      });
      expect(await reconcileOnce()).toEqual({ kind: "again", afterMs: 250 });
      expect(cluster.journal).not.toContain("applyOverlay");
      expect(cluster.sent).toEqual([]);
      expect(lines).toEqual([]);
    },
  );

  test.each([
    ["labels and annotations", false, {}],
    ["the spec of what rolls back", true, { generation: 2 }],
  ] as const)(
    "of which others write %s in each pass is written and carried out all the same",
    async (_what, effectsSurviveStatusFailure, change) => {
      const { cluster, reconcileOnce } = arrange((seen) => {
        meanwhile(cluster, change);
        return { status: inPreflight(seen), effects: [overlay], effectsSurviveStatusFailure };
      });
      expect(await reconcileOnce()).toEqual({ kind: "again", afterMs: 5000 });
      expect(cluster.journal).toContain("wrote status search/docs-to-qdrant Preflight");
      expect(cluster.journal).toContain("applied overlay search/search-api-retriever-migration epoch 1");
    },
  );

  test("that rolls back applies the overlay although the status is refused, and fails afterwards", async () => {
    const { cluster, reconcileOnce } = arrange((seen) => ({
      status: { ...inPreflight(seen), phase: "RollingBack" },
      effects: [{ ...overlay, force: true }],
      effectsSurviveStatusFailure: true,
    }));
    cluster.failNext("writeStatus", new OperatorError("ROP_INVALID", "refused"));
    expect(await reconcileOnce()).toEqual({ kind: "failed" });
    expect(cluster.journal).toContain("applied overlay search/search-api-retriever-migration epoch 1 with force");
  });

  test("that goes forward applies nothing when the status is refused", async () => {
    const { cluster, reconcileOnce } = arrange((seen) => ({ status: inPreflight(seen), effects: [overlay] }));
    cluster.failNext("writeStatus", new OperatorError("ROP_API_UNAVAILABLE", "refused"));
    expect(await reconcileOnce()).toEqual({ kind: "failed" });
    expect(cluster.journal).not.toContain("applyOverlay");
  });

  test.each([false, true])(
    "whose status the API server keeps in part says so once in an event, effects going on: %s",
    async (effectsSurviveStatusFailure) => {
      const { cluster, reconcileOnce } = arrange((seen) => ({
        status: inPreflight(seen),
        effectsSurviveStatusFailure,
      }));
      const outdated = new OperatorError("ROP_DEFINITION_OUTDATED", "docs: the API server doesn't keep status.repair");
      for (let pass = 0; pass < 3; pass += 1) {
        cluster.failNext("writeStatus", outdated);
        expect(await reconcileOnce()).toEqual({ kind: "failed" });
      }
      expect(cluster.sent.map(({ reason, count }) => ({ reason, count }))).toEqual([
        { reason: "DefinitionOutdated", count: 1 },
      ]);
      expect(cluster.sent[0]?.message).toContain("doesn't keep status.repair");
    },
  );

  test("whose effect fails stops there, counts the code, and derives the rest again", async () => {
    const { cluster, reconcileOnce, metrics, lines } = arrange(() => ({
      effects: [overlay, { kind: "annotatePods", pods: ["search-api-0"], epoch: 1 }],
    }));
    cluster.failNext("applyOverlay", new OperatorError("ROP_FIELD_CONFLICT", "argocd owns it"), 1);
    expect(await reconcileOnce()).toEqual({ kind: "failed" });
    expect(cluster.journal).not.toContain("annotatePod");
    expect(await metrics.render()).toContain('retriever_reconcile_errors_total{code="ROP_FIELD_CONFLICT"} 1');
    expect(lines.join("")).toContain("effect applyOverlay");
    expect((await reconcileOnce()).kind).toBe("again");
    expect(cluster.journal).toContain("annotatePod");
  });

  test("whose Job has a stranger's name carries out the rest, tells it once, and comes again as soon as harm is looked for", async () => {
    const { cluster, jobs, reconcileOnce } = arrange((seen) => ({
      status: { ...inPreflight(seen), message: `pass ${cluster.journal.length}` },
      effects: [
        { kind: "createJob", job: "docs-sync-1", template: "sync", since: null },
        { kind: "deleteJobs", jobs: ["docs-copy-1"] },
      ],
    }));
    jobs.addTemplate("sync");
    await jobs.createJob({ ...aMigration().build().meta, uid: "a stranger" }, { ...wish, name: "docs-sync-1" });
    const { meta } = (await cluster.readMigration(searchKey)) as RawMigration;
    await jobs.createJob(meta, { ...wish, name: "docs-copy-1" });
    for (let pass = 0; pass < 3; pass += 1) expect(await reconcileOnce()).toEqual({ kind: "failed", mostMs: 5000 });
    expect(jobs.journal).toContain("deleted docs-copy-1");
    const told = cluster.sent.map(({ reason, count, message }) => ({ reason, count, message }));
    expect(told).toEqual([
      { reason: "JobRefused", count: 1, message: expect.stringContaining("somebody else's: docs-sync-1") },
    ]);
  });

  test("whose pods nobody may change makes its Job all the same, tells it once, and comes again as soon as harm is looked for", async () => {
    const { cluster, jobs, reconcileOnce } = arrange(() => ({
      effects: [
        { kind: "annotatePods", pods: ["search-api-0"], epoch: 1 },
        { kind: "createJob", job: "docs-verify-1", template: "verify", since: null },
      ],
    }));
    jobs.addTemplate("verify");
    cluster.failNext("annotatePod", new OperatorError("ROP_FORBIDDEN", "another webhook refuses pods"));
    for (let pass = 0; pass < 3; pass += 1) expect(await reconcileOnce()).toEqual({ kind: "failed", mostMs: 5000 });
    expect(jobs.journal).toContain("created docs-verify-1");
    expect(cluster.sent.map(({ reason, count }) => ({ reason, count }))).toEqual([
      { reason: "PodsNotAnnotated", count: 1 },
    ]);
  });

  test("with a phase of another version holds: nothing written, said once", async () => {
    const { cluster, reconcileOnce, seen } = arrange(() => ({}));
    cluster.create(searchKey, searchSpec, { status: { phase: "Levitating", epoch: 3 } });
    expect(await reconcileOnce()).toEqual({ kind: "again", afterMs: 60_000 });
    await reconcileOnce();
    expect(seen).toEqual([]);
    expect(cluster.sent.map(({ reason, count, severity }) => ({ reason, count, severity }))).toEqual([
      { reason: "StatusUnreadable", count: 1, severity: "page" },
    ]);
    expect(cluster.journal.filter((line) => line.startsWith("wrote"))).toEqual([]);
  });

  test("with fields that only a newer operator knows holds and names them: writing would drop them", async () => {
    const { cluster, reconcileOnce, seen } = arrange(() => ({}));
    const guard = { startedAt: "", tickedAt: "", watchedSeconds: 1, idleSeconds: 1, unobservedSeconds: 1, naps: 2 };
    cluster.create(searchKey, searchSpec, { status: { phase: "Guard", guard, quorum: { lost: 1 } } });
    expect(await reconcileOnce()).toEqual({ kind: "again", afterMs: 60_000 });
    expect(seen).toEqual([]);
    expect(cluster.sent[0]?.message).toContain("(guard.naps, quorum)");
    expect(cluster.journal.filter((line) => line.startsWith("wrote"))).toEqual([]);
  });

  test("with a status that can't be read is decided upon once a person creates a Rollback act", async () => {
    const { cluster, reconcileOnce, seen } = arrange(() => ({}));
    const { uid } = cluster.create(searchKey, searchSpec, {
      status: { phase: "Guard", epoch: 3, quorum: { lost: 1 } },
    });
    const act = { name: "back", uid: "act-1", createdAt: 0, act: "Rollback", actor: "ada", reason: "" } as const;
    const observation = { ...act, planHash: null, expiresAt: null };
    cluster.acts.push({ namespace: "search", migrationUid: uid, observation });
    await reconcileOnce();
    expect(cluster.sent).toEqual([]);
    expect(seen[0]?.migration.status).toMatchObject({ phase: "Guard", epoch: 3 });
  });

  test("with a spec that can't be parsed passes the faults to the decision", async () => {
    const { cluster, reconcileOnce, seen } = arrange(() => ({}));
    cluster.create(searchKey, { target: { name: "search-api" }, destination: { kind: "qdrant" } });
    await reconcileOnce();
    expect(seen[0]?.migration.spec).toMatchObject({ ok: false });
    expect(seen[0]?.observation.target).toMatchObject({ ok: false });
    expect(seen[0]?.observation.acts).toEqual({ ok: true, value: [] });
  });

  test("that is gone is idle and leaves no series", async () => {
    const { cluster, reconcileOnce, metrics } = arrange((seen) => ({ status: inPreflight(seen) }));
    await reconcileOnce();
    expect(await metrics.render()).toContain(
      'retriever_migration_phase{namespace="search",name="docs-to-qdrant",phase="Preflight"} 1',
    );
    cluster.delete(searchKey);
    expect(await reconcileOnce()).toEqual({ kind: "idle" });
    expect(await metrics.render()).not.toContain("docs-to-qdrant");
  });

  test("during which the API hangs ends at the deadline, with the unread part as data", async () => {
    const { cluster, clock, reconcileOnce, seen } = arrange(() => ({}));
    cluster.hang("listPods");
    const reconciled = reconcileOnce();
    await clock.advance(1000);
    await reconciled;
    expect(seen[0]?.observation.pods).toMatchObject({
      ok: false,
      why: expect.stringContaining("ROP_DEADLINE_EXCEEDED"),
    });
    expect(seen[0]?.observation.target.ok).toBe(true);
    expect(effectivePlan((seen[0] as Seen).migration)?.target.name).toBe("search-api");
  });

  test("whose event can't be sent goes on", async () => {
    const { cluster, reconcileOnce } = arrange(() => ({
      announcements: [{ type: "Normal", reason: "X", message: "x", severity: null }],
    }));
    cluster.failNext("announce", new Error("secret-canary"));
    expect((await reconcileOnce()).kind).toBe("again");
  });

  test("that throws an uncoded fault never logs its text", async () => {
    const { cluster, reconcileOnce, lines } = arrange(() => ({}));
    cluster.failNext("readMigration", new Error("password=secret-canary"));
    expect(await reconcileOnce()).toEqual({ kind: "failed" });
    expect(lines.join("")).toContain("ROP_UNEXPECTED");
    expect(lines.join("")).not.toContain("secret-canary");
  });
});

describe("a pass on reads that may be some seconds old", () => {
  test("decides on them while nothing is to be done, and makes the pass again on live ones before it does anything", async () => {
    const script: Partial<Decision>[] = [{}, {}, { effects: [overlay] }, { effects: [overlay] }];
    const { cluster, seen, reconcileOnce } = arrange(() => script.shift() ?? {}, true);
    await reconcileOnce();
    await reconcileOnce();
    cluster.pods.length = 1;
    await reconcileOnce();
    const podsOf = seen.map(({ observation }) => (observation.pods.ok ? observation.pods.value.length : -1));
    expect(podsOf).toEqual([3, 3, 3, 1]);
    expect(cluster.journal.filter((line) => line.startsWith("applied overlay"))).toHaveLength(1);
  });

  test("shows no condition that live ones don't bear out: it would flip, and be told anew each time", async () => {
    const script: ((seen: Seen) => Partial<Decision>)[] = [
      () => ({}),
      ({ migration }) => ({ status: { ...migration.status, conditions: [aCondition("ConfigPropagated", "False")] } }),
      () => ({}),
    ];
    const { cluster, seen, reconcileOnce } = arrange((one) => script.shift()?.(one) ?? {}, true);
    await reconcileOnce();
    await reconcileOnce();
    expect(seen).toHaveLength(3);
    expect(cluster.journal.filter((line) => line.startsWith("wrote status"))).toEqual([]);
  });
});
