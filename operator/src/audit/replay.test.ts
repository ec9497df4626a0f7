import { beforeAll, describe, expect, test } from "vitest";
import { decide } from "#core/decide.ts";
import { type AuditRecord, chainStart, printRecord, seal } from "#core/status/audit-record.ts";
import { aChain, aChainFile, aDraft, subject } from "#test/builders/evidence.ts";
import { wayForward } from "#test/builders/phases.ts";
import { recordedWorld } from "#test/recorded-loop.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { printChainFile } from "./chain-file.ts";
import { replay } from "./replay.ts";

type World = ReturnType<typeof recordedWorld>;
type Decision = Extract<AuditRecord, { kind: "decision" }>;

/** The file of records changed by one who makes every hash fit again. */
function forge(records: readonly AuditRecord[], change: (record: AuditRecord) => AuditRecord): string {
  let after = chainStart;
  const forged = records.map((record) => {
    const { seq: _seq, hash: _hash, previous: _previous, ...draft } = change(structuredClone<AuditRecord>(record));
    const sealed = seal(draft, after);
    after = sealed;
    return sealed;
  });
  return printChainFile(forged[0]?.migration ?? subject, {
    after: chainStart,
    end: after,
    lines: forged.map(printRecord),
  });
}

function decisionsOf(records: readonly AuditRecord[]): Decision[] {
  return records.filter((record) => record.kind === "decision");
}

describe("the evidence of a migration that completed", () => {
  let world: World;
  let text: string;
  let records: readonly AuditRecord[];
  beforeAll(async () => {
    world = recordedWorld();
    const { loop, evidence } = world.operator();
    loop.start();
    await world.until("Completed");
    await loop.stop();
    await evidence.close(1000);
    text = await world.file();
    records = world.printed;
  });

  test("holds every step, and every decision comes out the same again", () => {
    const decisions = decisionsOf(records);
    const replayed = replay(text, decide);
    expect(replayed).toMatchObject({
      records: records.length,
      rederived: decisions.length,
      gaps: [],
      fault: undefined,
    });
    expect([...new Set(decisions.map(({ phase }) => phase))]).toEqual(wayForward.slice(1));
  });

  test("holds what the gates were judged on", () => {
    const passed = decisionsOf(records).find(({ phase }) => phase === "AwaitingCutover");
    expect(passed?.verdicts.length).toBeGreaterThan(2);
    for (const verdict of passed?.verdicts ?? [])
      expect(verdict).toMatchObject({ verdict: "Pass", n: expect.any(Number) });
    expect(records.some(({ kind }) => kind === "counters")).toBe(true);
  });

  test.each([
    ["decision.status.set.phase", (one: Decision) => Object.assign(one.decision.status.set, { phase: "Completed" })],
    [
      "decision.announcements.0.reason",
      (one: Decision) => Object.assign(one.decision.announcements[0] ?? {}, { reason: "Fine" }),
    ],
    [
      "decision.effects.0.kind",
      (one: Decision) => Object.assign(one.decision.effects[0] ?? {}, { kind: "removeOverlay" }),
    ],
    ["epoch", (one: Decision) => Object.assign(one, { epoch: 99 })],
    ["verdicts", (one: Decision) => Object.assign(one, { verdicts: [{ gate: "scoreDelta", verdict: "Pass" }] })],
    ["actors", (one: Decision) => Object.assign(one, { actors: [{ act: "Promote", actor: "mallory", reason: "" }] })],
  ])("with another %s, every hash made to fit, is found out by deciding again", (field, change) => {
    const target = decisionsOf(records).find(({ phase }) => phase === "WarmUp");
    const forged = forge(records, (record) => {
      if (record.seq === target?.seq) change(record as Decision);
      return record;
    });
    const { fault } = replay(forged, decide);
    expect(fault?.seq).toBe(target?.seq);
    expect(fault?.message).toContain(`its field ${field}`);
  });

  test("with other input, every hash made to fit, is found out by deciding again", () => {
    const target = decisionsOf(records).find(({ phase }) => phase === "Ramp");
    const forged = forge(records, (record) => {
      if (record.seq !== target?.seq || record.kind !== "decision" || record.input.form !== "plain") return record;
      const { observation } = record.input.value;
      return {
        ...record,
        input: {
          form: "plain",
          value: { ...record.input.value, observation: { ...observation, pods: { ok: false, why: "gone" } } },
        },
      };
    });
    expect(replay(forged, decide).fault?.seq).toBe(target?.seq);
  });

  test("altered without the hashes names the record and the field", () => {
    const target = decisionsOf(records).find(({ phase }) => phase === "CuttingOver");
    const altered = text.replace('"phase":"CuttingOver","epoch":', '"phase":"Guard","epoch":');
    expect(replay(altered, decide).fault).toMatchObject({
      seq: target?.seq,
      message: expect.stringMatching(/altered; its field phase differs: recorded "Guard", re-derived "CuttingOver"/),
    });
  });

  test("decided again by other rules names the first decision that differs", () => {
    const timid: typeof decide = (input) => {
      const decision = decide(input);
      return decision.status.phase === "CuttingOver" ? { ...decision, effects: [] } : decision;
    };
    const { fault, rederived } = replay(text, timid);
    expect(fault?.message).toContain("its field decision.effects.0 differs");
    expect(rederived).toBeGreaterThan(3);
  });

  test("without one decision, every hash made to fit, shows a gap", () => {
    const forged = forge(
      records.filter(({ phase, kind }) => !(kind === "decision" && phase === "WarmUp")),
      (record) => record,
    );
    expect(replay(forged, decide)).toMatchObject({
      fault: undefined,
      gaps: ["before record 3: from AwaitingApproval at epoch 1 to WarmUp at epoch 2"],
    });
  });
});

test("a rollback by itself, decided while no status can be written, is on record and comes out the same again", async () => {
  const world = recordedWorld();
  const { loop, evidence } = world.operator();
  loop.start();
  await world.until("Guard");
  await world.clock.advance(20_000);
  world.cluster.failNext("writeStatus", new Error("read only"));
  world.fleet.traffic = (_, primary) => (primary === "destination" ? { ...goodTraffic, errorShare: 0.9 } : goodTraffic);
  await world.clock.advance(60_000);
  world.cluster.heal();
  await world.until("RolledBack");
  await loop.stop();
  await evidence.close(1000);
  expect(decisionsOf(world.printed).filter(({ statusWritten }) => !statusWritten).length).toBeGreaterThan(0);
  expect(replay(await world.file(), decide)).toMatchObject({ fault: undefined, gaps: [] });
});

test("an operator that ends again and again leaves one chain, and every decision in it comes out the same again", async () => {
  const world = recordedWorld();
  for (let lives = 0; world.phase() !== "Completed" && lives < 100; lives += 1) {
    const { loop, evidence } = world.operator();
    loop.start();
    await world.clock.advance(15_000);
    await loop.stop();
    await evidence.close(1000);
  }
  const replayed = replay(await world.file(), decide);
  expect(replayed).toMatchObject({ records: world.printed.length, gaps: [], fault: undefined });
  expect(replayed.rederived).toBeGreaterThan(8);
});

test("a person's act is on record with who and why", async () => {
  const world = recordedWorld();
  const { loop, evidence } = world.operator();
  loop.start();
  await world.until("Ramp");
  const common = { createdAt: world.clock.now(), planHash: null, expiresAt: null } as const;
  const observation = { ...common, name: "a", uid: "act-1", act: "Rollback", actor: "ada", reason: "smoke" } as const;
  world.cluster.acts.push({ namespace: "search", migrationUid: world.meta.uid, observation });
  await world.until("RolledBack");
  await loop.stop();
  await evidence.close(1000);
  const acted = decisionsOf(world.printed).filter(({ actors }) => actors.length > 0);
  expect(acted.map(({ actors, phase }) => [phase, actors])).toEqual([
    ["RollingBack", [{ act: "Rollback", actor: "ada", reason: "smoke" }]],
  ]);
});

test("a fleet of 60 pods is kept compressed and comes out the same again", async () => {
  const world = recordedWorld({ pods: 60 });
  const { loop, evidence } = world.operator();
  loop.start();
  await world.until("WarmUp");
  await loop.stop();
  await evidence.close(1000);
  const forms = decisionsOf(world.printed).map(({ input }) => input.form);
  expect(forms).toContain("gzip");
  expect(forms).not.toContain("digest");
  expect(replay(await world.file(), decide)).toMatchObject({ fault: undefined, rederived: forms.length, tooLarge: 0 });
});

test("a decision of which only the digest of its input was kept is counted apart", () => {
  const base = aDraft();
  const draft = {
    ...base,
    kind: "decision",
    statusWritten: true,
    actors: [],
    input: { form: "digest", sha256: "0".repeat(64), bytes: 1 },
    decision: {},
  } as never;
  expect(replay(aChainFile(aChain([draft, base])), decide)).toMatchObject({
    tooLarge: 1,
    rederived: 0,
    fault: undefined,
  });
});

test.each(["plain", "gzip"])("a %s input that was never one is a fault, not a crash", (form) => {
  const input = { form, value: { now: "?" }, base64: "bm90IGd6aXA=" };
  const draft = { ...aDraft(), kind: "decision", statusWritten: true, actors: [], input, decision: {} } as never;
  expect(replay(aChainFile(aChain([draft])), decide).fault).toMatchObject({
    seq: 1,
    message: expect.stringContaining("field input"),
  });
});

test("no secret of base, failed reads or sidecars' addresses gets into the evidence", async () => {
  const canary = "secret-canary";
  const world = recordedWorld();
  const primary = { kind: "pgvector", connectionString: `postgres://u:${canary}@db/x` };
  world.cluster.writeConfigMap("search", "search-api-retriever", { "retriever.json": JSON.stringify({ primary }) });
  world.cluster.failNext("listClaims", new Error(`password=${canary}`), 3);
  const { loop, evidence } = world.operator();
  loop.start();
  await world.until("Ramp");
  await loop.stop();
  await evidence.close(1000);
  const kept = await world.file();
  expect(kept).toContain("StagePassed");
  expect(kept).not.toContain(canary);
});
