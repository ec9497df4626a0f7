import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { decide } from "#core/decide.ts";
import { OperatorError } from "#errors.ts";
import type { Cluster } from "#ports/cluster.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { aWorkload, baseText, searchKey, searchSpec } from "#test/builders/search-app.ts";
import { onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeEventSource } from "#test/fakes/fake-event-source.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { ToyFleet } from "#test/fakes/toy-fleet.ts";
import { goodTraffic } from "#test/toy-pod.ts";
import { makeLoop } from "./loop.ts";
import { makeReconcile } from "./reconcile.ts";

const log = makeLogger({ level: "silent" });

function arrange() {
  const cluster = new FakeCluster();
  const sidecars = new FakeSidecars();
  const clock = new FakeClock();
  cluster.workloads.set("search/search-api", aWorkload());
  cluster.writeConfigMap("search", "search-api-retriever", { "retriever.json": baseText });
  const fleet = new ToyFleet(cluster, sidecars, clock);
  const meta = cluster.create(
    searchKey,
    { ...searchSpec, checklist: onlyReachable, ...shortPlan },
    { createdAt: clock.now() },
  );
  const metrics = makeMetrics({ processMetrics: false });
  /** A new process: nothing in memory. */
  const operator = () => {
    const events = new FakeEventSource(cluster, clock);
    const reconcile = makeReconcile({
      cluster,
      sidecars,
      jobs: new FakeJobs(),
      reports: new FakeReports(),
      clock,
      decide,
      log,
      metrics,
      deadlineMs: 5000,
    });
    return {
      events,
      loop: makeLoop({ events, reconcile, clock, random: () => 0.5, metrics, concurrency: 2, resyncMs: 60_000 }),
    };
  };
  const phase = (): Phase | undefined => cluster.statusOf(searchKey)?.phase;
  const until = async (wanted: Phase, seconds = 3600) => {
    for (let waited = 0; phase() !== wanted; waited += 1) {
      if (waited > seconds) throw new Error(`never ${wanted}: ${phase()}, ${cluster.statusOf(searchKey)?.message}`);
      await clock.advance(1000);
    }
  };
  return { cluster, sidecars, clock, fleet, meta, operator, phase, until };
}

describe("the loop with the real decisions", () => {
  test("takes a healthy migration to Completed, then rests", async () => {
    const { cluster, clock, fleet, operator, until } = arrange();
    const { loop } = operator();
    loop.start();
    await until("Completed");
    expect(fleet.primaries()).toEqual(["destination", "destination", "destination"]);
    await clock.advance(300_000);
    const writes = () => cluster.journal.filter((line) => /^(wrote|applied|announced)/.test(line)).length;
    const before = writes();
    await clock.advance(600_000);
    expect(writes()).toBe(before);
    expect(loop.probe().ok).toBe(true);
    await loop.stop();
    expect(clock.pending).toBe(0);
  });

  test("killed and started again every 20 s comes to the same end with the same steps", async () => {
    const { cluster, clock, operator, until } = arrange();
    let current = operator();
    current.loop.start();
    const killing = async () => {
      for (let kills = 0; cluster.statusOf(searchKey)?.phase !== "Completed" && kills < 200; kills += 1) {
        await clock.advance(20_000);
        await current.loop.stop();
        current = operator();
        current.loop.start();
      }
    };
    await killing();
    await until("Completed", 60);
    const epochs = cluster.journal
      .filter((line) => line.startsWith("applied overlay"))
      .map((line) => Number(line.split("epoch ")[1]));
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    await current.loop.stop();
  });

  test("rolls back by itself when the new primary fails, although no status can be written", async () => {
    const { cluster, clock, fleet, operator, until } = arrange();
    const { loop } = operator();
    loop.start();
    await until("Guard");
    await clock.advance(20_000);
    cluster.failNext("writeStatus", new OperatorError("ROP_API_UNAVAILABLE", "read only"));
    fleet.traffic = (_, primary) => (primary === "destination" ? { ...goodTraffic, errorShare: 0.9 } : goodTraffic);
    await clock.advance(60_000);
    expect(fleet.primaries()).toEqual(["source", "source", "source"]);
    expect(cluster.statusOf(searchKey)?.phase).toBe("Guard");
    cluster.heal();
    await until("RolledBack");
    await loop.stop();
  });

  test("whose lists fail for minutes is no longer alive, and is again after the next one", async () => {
    const { cluster, clock, operator } = arrange();
    const { loop } = operator();
    expect(loop.probe().ok).toBe(true);
    loop.start();
    await clock.advance(1000);
    cluster.failNext("listMigrations", new OperatorError("ROP_API_UNAVAILABLE", "down"));
    await clock.advance(180_000);
    expect(loop.probe().ok).toBe(true);
    await clock.advance(120_000);
    expect(loop.probe()).toEqual({ ok: false, why: "last complete list 301 s ago" });
    cluster.heal();
    await clock.advance(60_000);
    expect(loop.probe().ok).toBe(true);
    await loop.stop();
  });

  test("woken by an act to roll back does so at once", async () => {
    const { cluster, clock, fleet, meta, operator, until } = arrange();
    const { loop, events } = operator();
    loop.start();
    await until("Ramp");
    const observation = {
      name: "a",
      uid: "act-1",
      createdAt: clock.now(),
      act: "Rollback",
      actor: "ada",
      reason: "",
      planHash: null,
      expiresAt: null,
    } as const;
    cluster.acts.push({ namespace: "search", migrationUid: meta.uid, observation });
    events.emit(searchKey);
    await clock.advance(10);
    expect(cluster.statusOf(searchKey)?.phase).toBe("RollingBack");
    await until("RolledBack", 120);
    expect(fleet.primaries()).toEqual(["source", "source", "source"]);
    await loop.stop();
  });

  test.each([
    ["reads", ["readWorkload", "readConfigMap", "listPods", "listActs", "listClaims"]],
    ["the migration itself", ["readMigration", "listMigrations"]],
    ["effects", ["applyOverlay", "annotatePod", "addFinalizer"]],
    ["events", ["announce"]],
  ] as const)("survives a minute without %s and goes on", async (_, methods) => {
    const { cluster, clock, operator, until, phase } = arrange();
    const { loop } = operator();
    loop.start();
    await until("WarmUp");
    for (const method of methods as readonly (keyof Cluster)[])
      cluster.failNext(method, new OperatorError("ROP_API_UNAVAILABLE", "down"));
    await clock.advance(60_000);
    expect(phase()).not.toBe("RolledBack");
    cluster.heal();
    await until("Completed");
    await loop.stop();
  });
});
