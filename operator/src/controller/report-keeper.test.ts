import { describe, expect, test } from "vitest";
import { ReportKeeper } from "#controller/report-keeper.ts";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { aMigration } from "#test/builders/world.ts";
import { FakeClock, settle } from "#test/fakes/fake-clock.ts";
import { recordedWorld } from "#test/recorded-loop.ts";

const down = new OperatorError("ROP_API_UNAVAILABLE", "configmaps");
const name = "docs-to-qdrant-report";
type World = ReturnType<typeof recordedWorld>;

const isReportWrite = ({ method, place, body }: KubeCall) =>
  method !== "GET" && JSON.stringify([place.name, body]).includes(`"${name}"`);
const writesOf = ({ maps }: World) => maps.calls.filter((call) => /^(POST|PATCH) .*-report$/.test(call)).length;
const kept = ({ maps }: World) => maps.maps.get(name);

/** A report is read record by record, with turns in between. */
async function reported(world: World): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
  await world.clock.advance(1000);
}

async function completed(world: World) {
  const operator = world.operator();
  operator.loop.start();
  await world.until("Completed");
  await reported(world);
  return operator;
}

async function stopped({ loop, evidence, reports }: ReturnType<World["operator"]>): Promise<void> {
  await loop.stop();
  await evidence.close(1000);
  await reports.close();
}

describe("the report of a migration", () => {
  test("that has ended lies in a ConfigMap that goes with it, as a page, Markdown and data", async () => {
    const world = recordedWorld();
    const operator = world.operator();
    operator.loop.start();
    await world.until("Guard");
    expect(kept(world)).toBeUndefined();
    await world.until("Completed");
    await reported(world);
    expect(kept(world)?.metadata.ownerReferences).toMatchObject([{ uid: world.meta.uid }]);
    const files = kept(world)?.data ?? {};
    expect(JSON.parse(files["report.json"] ?? "")).toMatchObject({
      migration: { namespace: "search", name: "docs-to-qdrant" },
      evidence: { fault: null, records: world.printed.length },
      result: { phase: "Completed", isFinal: true },
    });
    expect(files["report.md"]).toMatch(/^# Report of search\/docs-to-qdrant/);
    expect(files["report.html"]).toMatch(/^<!doctype html>/);
    await stopped(operator);
    expect(world.clock.pending).toBe(0);
  });

  test("is written once, and not again by the next operator", async () => {
    const world = recordedWorld();
    await stopped(await completed(world));
    const written = writesOf(world);
    const next = world.operator();
    next.loop.start();
    await world.clock.advance(3_600_000);
    await reported(world);
    expect(writesOf(world)).toBe(written);
    await stopped(next);
  });

  test("is written by the next operator where the first ended between the last record and it", async () => {
    const world = recordedWorld();
    world.maps.fault = (call) => (isReportWrite(call) ? { when: "before", error: down } : undefined);
    await stopped(await completed(world));
    expect(kept(world)).toBeUndefined();
    world.maps.fault = undefined;
    const next = world.operator();
    next.loop.start();
    await reported(world);
    expect(kept(world)?.data["report.json"]).toContain('"phase":"Completed"');
    await stopped(next);
  });

  test("that can't be written is tried again, and said once", async () => {
    const world = recordedWorld();
    world.maps.fault = (call) => (isReportWrite(call) ? { when: "before", error: down } : undefined);
    const operator = await completed(world);
    for (let minute = 0; minute < 10; minute += 1) {
      await world.clock.advance(60_000);
      await reported(world);
    }
    const told = () => world.cluster.sent.filter(({ reason }) => reason === "ReportNotKept");
    expect(told()).toMatchObject([{ type: "Warning", count: 1 }]);
    expect(await world.metrics.render()).toMatch(/retriever_reports_total\{result="ROP_API_UNAVAILABLE"\} \d/);
    world.maps.fault = undefined;
    await world.clock.advance(600_000);
    await reported(world);
    expect(kept(world)).toBeDefined();
    expect(told().length).toBe(1);
    await stopped(operator);
  });

  test("replaces no ConfigMap of somebody else", async () => {
    const world = recordedWorld();
    const metadata = { name, resourceVersion: "1", labels: {}, annotations: {} };
    world.maps.maps.set(name, { metadata, data: { mine: "yes" } });
    const operator = await completed(world);
    for (let minute = 0; minute < 3; minute += 1) {
      await world.clock.advance(60_000);
      await reported(world);
    }
    expect(kept(world)).toEqual({ metadata, data: { mine: "yes" } });
    expect(world.cluster.sent.find(({ reason }) => reason === "ReportNotKept")?.message).toContain("somebody else's");
    await stopped(operator);
  });

  test("tells of what was recorded after it", async () => {
    const world = recordedWorld();
    const operator = await completed(world);
    const records = world.printed.length;
    const basics = { name: "late", uid: "act-1", createdAt: world.clock.now(), actor: "ada", reason: "too late" };
    const observation = { ...basics, act: "Rollback", planHash: null, expiresAt: null } as const;
    world.cluster.acts.push({ namespace: "search", migrationUid: world.meta.uid, observation });
    for (let waited = 0; world.printed.length === records && waited < 100; waited += 1)
      await world.clock.advance(60_000);
    await reported(world);
    const { evidence } = JSON.parse(kept(world)?.data["report.json"] ?? "") as { evidence: { records: number } };
    expect(evidence.records).toBe(world.printed.length);
    expect(evidence.records).toBeGreaterThan(records);
    await stopped(operator);
  });

  test("is asked about at leisure after a start: of many that are over, one after the other with a pause", async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const keeper = new ReportKeeper({
      evidence: {
        readEnd: async ({ name }) => {
          asked.push(name);
          return { seq: 4, hash: "h", place: {} };
        },
        readChain: async () => undefined,
      },
      reports: { readHash: async () => "h", write: async () => undefined },
      clock,
      random: () => 0,
      log: makeLogger({ level: "silent" }),
      metrics: makeMetrics({ processMetrics: false }),
      deadlineMs: 1000,
      recordEvents: async () => undefined,
    });
    for (const name of ["a", "b", "c"]) keeper.keep({ ...aMigration().build().meta, name, uid: name }, undefined);
    await settle();
    expect(asked).toEqual(["a"]);
    await clock.advance(20);
    expect(asked).toEqual(["a", "b"]);
    await clock.advance(20);
    expect(asked).toEqual(["a", "b", "c"]);
    await keeper.close();
    expect(clock.pending).toBe(0);
  });
});
