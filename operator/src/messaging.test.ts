// Sinks through the whole loop: real decisions, a real notifier and a real HTTP sink, on a toy fleet and a fake clock.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { afterEach, describe, expect, test } from "vitest";
import { makeLoop } from "#controller/loop.ts";
import { makeReconcile } from "#controller/reconcile.ts";
import { decide } from "#core/decide.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { playServer, reply } from "#test/api-server.ts";
import { aWorkload, baseText, searchKey, searchSpec } from "#test/builders/search-app.ts";
import { onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeEventSource } from "#test/fakes/fake-event-source.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { ToyFleet } from "#test/fakes/toy-fleet.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { openNotifier } from "./messaging.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Envelope = { readonly id: string; readonly type: string };

/** A world whose migration tells `engineering`; `answer` is the sink's, by the number of the call. */
async function arrange(answer: (response: ServerResponse, call: number) => void) {
  const received: Envelope[] = [];
  const sink = await playServer(({ body }, response) => {
    received.push(JSON.parse(body) as Envelope);
    answer(response, received.length);
  });
  closing.push(sink.close);
  const folder = await mkdtemp(join(tmpdir(), "retriever-messaging-"));
  closing.push(() => rm(folder, { recursive: true }));
  const sinks = join(folder, "sinks.yaml");
  await writeFile(sinks, JSON.stringify({ sinks: [{ name: "engineering", kind: "webhook", url: sink.url }] }));

  const cluster = new FakeCluster();
  const sidecars = new FakeSidecars();
  const clock = new FakeClock();
  const metrics = makeMetrics({ processMetrics: false });
  const log = makeLogger({ level: "silent" });
  cluster.workloads.set("search/search-api", aWorkload());
  cluster.writeConfigMap("search", "search-api-retriever", { "retriever.json": baseText });
  const fleet = new ToyFleet(cluster, sidecars, clock);
  const communications = { sinks: ["engineering", "nobody"] };
  const spec = { ...searchSpec, checklist: onlyReachable, ...shortPlan, communications };
  const { uid } = cluster.create(searchKey, spec, { createdAt: clock.now() });

  const notifier = await openNotifier({
    settings: { sinks, apiDeadlineMs: 5000, resyncMs: 60_000 },
    clock,
    metrics,
    log,
  });
  closing.push(() => notifier.close());
  const ports = { cluster, sidecars, jobs: new FakeJobs(), reports: new FakeReports(), clock };
  const reconcile = makeReconcile({ ...ports, decide, notifier, log, metrics, deadlineMs: 5000 });
  const events = new FakeEventSource(cluster, clock);
  const random = () => 0.5;
  const loop = makeLoop({ events, reconcile, clock, random, metrics, concurrency: 1, resyncMs: 60_000 });
  closing.push(loop.stop);
  loop.start();

  const status = () => cluster.statusOf(searchKey);
  const until = async (holds: () => boolean, seconds = 7200) => {
    for (let waited = 0; !holds(); waited += 1) {
      if (waited > seconds) throw new Error(`never came: ${status()?.phase}, ${JSON.stringify(status()?.outbox)}`);
      await clock.advance(1000);
      // The sink answers in real time, the loop lives in the clock's.
      await notifier.idle();
    }
  };
  const reach = (phase: Phase) => until(() => status()?.phase === phase);
  const types = () => received.map(({ type }) => type.replace("dev.retriever.migration.", ""));
  const waiting = () => (status()?.outbox ?? []).flatMap(({ pending }) => pending.filter((one) => one !== "nobody"));
  return { uid, fleet, metrics, received, status, until, reach, types, waiting };
}

describe("a migration that names a sink", () => {
  test("tells it of every step once, in order, and waits for no answer", async () => {
    const world = await arrange((response) => reply(response, 204, ""));
    await world.reach("Completed");
    await world.until(() => world.waiting().length === 0);
    expect(world.types()).toEqual(["Start", "Midpoint", "PreCutover", "CutOver", "Completion"]);
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(world.received.length);
    expect(world.received.every(({ id }) => id.startsWith(`${world.uid}/`))).toBe(true);
    const counted = await world.metrics.render();
    expect(counted).toContain('retriever_sink_messages_total{sink="engineering",result="done"} 5');
    expect(counted).toMatch(/retriever_sink_messages_total\{sink="unknown",result="failed"\} \d+/);
    expect(counted).not.toContain('sink="nobody"');
  });

  test("is rolled back though the sink fails, and tells it under the same key when it is well again", async () => {
    let isDown = true;
    const world = await arrange((response) => reply(response, isDown ? 503 : 200, ""));
    await world.reach("Guard");
    world.fleet.traffic = (_at, primary) =>
      primary === "destination" ? { ...goodTraffic, errorShare: 0.9 } : goodTraffic;
    await world.reach("RolledBack");
    expect(world.waiting()).toContain("engineering");
    isDown = false;
    const before = world.received.length;
    await world.until(() => world.waiting().length === 0);
    const told = world.received.slice(before);
    expect(told.map(({ type }) => type)).toContain("dev.retriever.migration.Rollback");
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    const keys = new Set(world.received.slice(0, before).map(({ id }) => id));
    expect(told.every(({ id }) => keys.has(id))).toBe(true);
  });
});
