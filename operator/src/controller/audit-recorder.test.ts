import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import type { ReconcileRecord } from "#audit/draft.ts";
import { replay } from "#audit/replay.ts";
import { decide } from "#core/decide.ts";
import type { Decision } from "#core/model/decision.ts";
import { OperatorError } from "#errors.ts";
import { aStatus } from "#test/builders/migration.ts";
import { recordedWorld } from "#test/recorded-loop.ts";

const down = new OperatorError("ROP_API_UNAVAILABLE", "configmaps");
const writes = (calls: readonly string[]) => calls.filter((call) => /^(POST|PATCH) .*-evidence-/.test(call)).length;
type World = ReturnType<typeof recordedWorld>;

async function expectWholeChain(world: World): Promise<void> {
  expect(replay(await world.file(), decide)).toMatchObject({
    records: world.printed.length,
    missing: 0,
    gaps: [],
    fault: undefined,
  });
}

describe("keeping evidence", () => {
  test("costs one write per decision that does something and one a minute, and none at rest", async () => {
    const world = recordedWorld();
    const { loop } = world.operator();
    loop.start();
    await world.until("AwaitingCutover");
    const started = world.clock.elapsed();
    await world.until("Completed");
    const decisions = world.printed.filter(({ kind }) => kind === "decision").length;
    expect(writes(world.maps.calls)).toBe(world.printed.length);
    expect(world.printed.length - decisions).toBeLessThanOrEqual(2 + (world.clock.elapsed() - started) / 60_000 + 10);
    await world.clock.advance(120_000);
    const before = world.maps.calls.length;
    await world.clock.advance(1_200_000);
    expect(world.maps.calls.length).toBe(before);
    await loop.stop();
  });

  test("that fails holds nothing up, is said once, and is made good when it can be", async () => {
    const world = recordedWorld();
    world.maps.fault = () => ({ when: "before", error: down });
    const { loop, evidence } = world.operator();
    loop.start();
    await world.until("AwaitingCutover");
    expect(world.printed).toEqual([]);
    const told = () => world.cluster.sent.filter(({ reason }) => reason === "EvidenceNotKept");
    expect(told()).toMatchObject([{ type: "Warning", count: 1 }]);
    expect(told()[0]?.message).toContain("the API server cannot be reached");
    expect(await world.metrics.render()).toMatch(
      /retriever_evidence_records_total\{result="ROP_API_UNAVAILABLE"\} \d+/,
    );
    world.maps.fault = undefined;
    await world.until("Completed");
    await loop.stop();
    await evidence.close(1000);
    await expectWholeChain(world);
    expect(told().length).toBe(1);
    expect(replay(await world.file(), decide).rederived).toBeGreaterThan(8);
  });

  test("that hangs holds nothing up", async () => {
    const quick = recordedWorld();
    const hanging = recordedWorld();
    hanging.maps.hangs = true;
    const times: number[] = [];
    for (const world of [quick, hanging]) {
      const { loop, evidence } = world.operator();
      const from = world.clock.elapsed();
      loop.start();
      await world.until("AwaitingCutover");
      times.push(world.clock.elapsed() - from);
      await loop.stop();
      const closed = evidence.close(1000);
      await world.clock.advance(2000);
      await closed;
      expect(world.clock.pending).toBe(0);
    }
    expect(times[1]).toBe(times[0]);
  });

  test("whose answers get lost writes no record twice", async () => {
    const world = recordedWorld();
    let calls = 0;
    world.maps.fault = ({ method }) => {
      calls += 1;
      return method !== "GET" && calls % 2 === 0 ? { when: "after", error: down } : undefined;
    };
    const { loop, evidence } = world.operator();
    loop.start();
    await world.until("Completed");
    await world.clock.advance(300_000);
    world.maps.fault = undefined;
    await loop.stop();
    await evidence.close(1000);
    await expectWholeChain(world);
    const texts = world.maps.records();
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBe(world.printed.length);
  });

  test("beside another operator that still writes leaves one chain", async () => {
    const world = recordedWorld();
    const [one, other] = [world.operator(), world.operator()];
    one.loop.start();
    other.loop.start();
    await world.until("Completed");
    await Promise.all([one.loop.stop(), other.loop.stop()]);
    await Promise.all([one.evidence.close(1000), other.evidence.close(1000)]);
    expect(replay(await world.file(), decide)).toMatchObject({ records: world.printed.length, fault: undefined });
  });

  test("of an effect that fails again and again is one record a minute", async () => {
    const world = recordedWorld();
    const { loop } = world.operator();
    loop.start();
    await world.until("AwaitingApproval");
    world.cluster.failNext("applyOverlay", new OperatorError("ROP_FIELD_CONFLICT", "argocd owns it"));
    const before = world.printed.length;
    await world.clock.advance(300_000);
    const reconciles = world.cluster.journal.filter((line) => line === "applyOverlay").length;
    expect(reconciles).toBeGreaterThan(10);
    expect(world.printed.length - before).toBeLessThan(12);
    await loop.stop();
  });

  test("goes on after so many failures that records had to go, and says how many", async () => {
    const world = recordedWorld();
    const { evidence } = world.operator();
    world.maps.fault = () => ({ when: "before", error: down });
    for (let index = 0; index < 210; index += 1) evidence.record(aReconcile(world, `message ${index}`));
    await world.clock.advance(1000);
    expect(await world.metrics.render()).toContain('retriever_evidence_records_total{result="dropped"} 10');
    world.maps.fault = undefined;
    await world.clock.advance(60_000);
    evidence.record(aReconcile(world, "at last"));
    await evidence.close(1000);
    expect(world.printed.map(({ missing }) => missing)).toEqual([11, ...Array<number>(199).fill(0)]);
    expect(world.cluster.sent).toEqual([]);
  });

  test("that fails in one namespace gives up no record of another, however many migrations have theirs waiting there", async () => {
    const world = recordedWorld();
    const { evidence } = world.operator();
    world.maps.fault = ({ place }) => (place.namespace === "full" ? { when: "before", error: down } : undefined);
    const metas = Array.from({ length: 150 }, (_, one) => ({ ...world.meta, namespace: "full", uid: `full-${one}` }));
    for (const round of ["first", "second"])
      for (const meta of metas) evidence.record(aReconcile({ ...world, meta }, round));
    for (let index = 0; index < 20; index += 1) evidence.record(aReconcile(world, `message ${index}`));
    await evidence.close(1000);
    expect(world.printed.map(({ missing }) => missing)).toEqual(Array<number>(20).fill(0));
  });

  test("holds what people asked for before it is deleted, and an operator that starts anew records it again", async () => {
    const world = recordedWorld();
    const first = world.operator();
    first.loop.start();
    await world.until("WarmUp");
    world.maps.fault = () => ({ when: "before", error: down });
    const basics = { name: "word", uid: "act-1", createdAt: world.clock.now(), actor: "ada", reason: "lunch" };
    const observation = { ...basics, act: "Pause", planHash: null, expiresAt: null, ownerless: true } as const;
    world.cluster.acts.push({ namespace: world.meta.namespace, migrationUid: world.meta.uid, observation });
    await world.clock.advance(60_000);
    expect(world.cluster.statusOf(world.meta)?.acts).toMatchObject({ paused: true, seen: ["act-1"] });
    expect(world.cluster.acts.map((act) => act.observation.ownerless)).toEqual([undefined]);
    await first.loop.stop();
    await first.evidence.close(0);
    world.maps.fault = undefined;
    const second = world.operator();
    second.loop.start();
    await world.clock.advance(120_000);
    expect(world.cluster.acts).toEqual([]);
    expect(world.cluster.statusOf(world.meta)?.acts?.seen).toEqual([]);
    await second.loop.stop();
    expect(await world.file()).toContain('"uid":"act-1"');
  });

  test("of thousands that are over takes no room of one that goes on", async () => {
    const world = recordedWorld();
    const { evidence } = world.operator();
    const told = aReconcile(world, "taken");
    const act = { name: "word", uid: "act-1", createdAt: 0, act: "Pause", actor: "ada", reason: "lunch" } as const;
    const acts = { ok: true, value: [{ ...act, planHash: null, expiresAt: null }] } as const;
    evidence.record({ ...told, input: { ...told.input, observation: { ...told.input.observation, acts } } });
    await world.clock.advance(1000);
    for (let index = 0; index < 1001; index += 1) evidence.record(anIdleReconcile(world, `over-${index}`));
    expect(evidence.isOnRecord(world.meta.uid, "act-1")).toBe(true);
    await evidence.close(1000);
  });

  test("of a reconcile that makes no sense is counted, and nothing is thrown", async () => {
    const world = recordedWorld();
    const { evidence } = world.operator();
    evidence.record({ ...aReconcile(world, "x"), decision: undefined as never });
    expect(await world.metrics.render()).toContain('retriever_evidence_records_total{result="ROP_UNEXPECTED"} 1');
    await evidence.close(1000);
    evidence.record(aReconcile(world, "too late"));
    expect(world.maps.calls).toEqual([]);
  });
});

function decisionOf(status: MigrationStatus, message: string): Decision {
  return {
    status,
    effects: [],
    announcements: [{ type: "Normal", reason: "Told", message, severity: null }],
    requeueAfterMs: null,
    effectsSurviveStatusFailure: false,
  };
}

/** A reconcile that only told something. */
function aReconcile({ meta, clock }: World, message: string): ReconcileRecord {
  const unread = { ok: false, why: "not read" } as const;
  const now = clock.now();
  const observation = { at: now, target: unread, overlay: unread, pods: unread, claims: unread, acts: unread };
  const migration = { meta, spec: { ok: false, faults: [] }, status: aStatus() } as const;
  return {
    input: { observation, migration, now },
    decision: decisionOf(migration.status, message),
    statusWritten: true,
  };
}

/** One of a migration that is over: nothing follows from it. */
function anIdleReconcile(world: World, uid: string): ReconcileRecord {
  const reconcile = aReconcile({ ...world, meta: { ...world.meta, uid } }, "");
  const status = aStatus({ phase: "RolledBack" });
  return {
    ...reconcile,
    input: { ...reconcile.input, migration: { ...reconcile.input.migration, status } },
    decision: { ...reconcile.decision, status, announcements: [] },
  };
}
