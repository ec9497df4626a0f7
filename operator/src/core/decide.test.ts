// One reconcile put together: who answers first, what becomes of the answer, and when to reconcile again. What each guard and
// phase says is asked beside them.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { ago, asking } from "#test/builders/context.ts";
import { someCounters } from "#test/builders/counters.ts";
import { aCondition } from "#test/builders/migration.ts";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon, overlayOf } from "#test/builders/world.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./model/decision.ts";
import type { Migration } from "./model/migration.ts";
import type { ActObservation, Observation } from "./model/observation.ts";
import type { OverlayObservation } from "./model/workload.ts";

const refused = { ok: false, why: "timed out" } as const;
/** A plan that relies on a Prometheus, which nobody here answers for. */
const listening = aSpec({ ...asking({ alerts: { policy: "Require" } }), metrics: { source: "main" } });

function decideOn(migration: Migration, see: Partial<Observation> = {}, now = noon): Decision {
  return decide({ migration, observation: anObservation(migration, {}, see), now });
}

/** A migration and what is seen of it; a trouble is one more thing that stands in its way. */
type World = { readonly migration: Migration; readonly see: Partial<Observation> };
type Trouble = (world: World) => World;
const status =
  (more: Partial<MigrationStatus>): Trouble =>
  ({ migration, see }) => ({ see, migration: { ...migration, status: { ...migration.status, ...more } } });
const seeing =
  (more: Partial<Observation>): Trouble =>
  ({ migration, see }) => ({ migration, see: { ...see, ...more } });
const told = (world: World) => {
  const { status } = decideOn(world.migration, world.see);
  return `${status.phase}: ${status.message}`;
};

describe("of several guards the first in this order answers", () => {
  const guarding = aMigration(listening).in("Guard").build();
  const latch = { act: "Rollback", actor: "ada", reason: "", at: ago(60) } as const;
  const failing = someCounters({ requests: 1000, errors: 1000 });
  const overlaid =
    (more: Partial<OverlayObservation>): Trouble =>
    ({ migration, see }) => {
      const overlay = overlayOf(migration);
      return { migration, see: { ...see, overlay: { ok: true, value: overlay && { ...overlay, ...more } } } };
    };
  const seized = overlaid({ text: "{}", foreignManagers: ["helm"] });
  const rollback = { reason: "Harm", causes: [], actor: null };
  const toldByOverlay = overlaid({ intent: { migrationUid: "migration-1", epoch: 9, rollback } });
  const harmful: Trouble = ({ migration, see }) => {
    const value = ["pod-1", "pod-2"].map((name) => aPod(name).following(migration, failing).build());
    return { migration, see: { ...see, pods: { ok: true, value } } };
  };
  const deleting: Trouble = ({ migration, see }) => ({
    see,
    migration: { ...migration, meta: { ...migration.meta, deleting: true } },
  });
  /** Each stands before those above it. */
  const order: readonly (readonly [string, Trouble, RegExp])[] = [
    ["unarmed", (world) => world, /^Guard: held until the alert can be heard again: /],
    ["unobserved", seeing({ target: refused }), /^Guard: waiting to read target \(timed out\)$/],
    ["paused", status({ acts: { paused: true, seen: [] } }), /^Guard: paused by a person/],
    ["conflicts", seized, /^Guard: held: helm changed the overlay/],
    ["harmed", harmful, /^RollingBack: rolling back to .*: .*fail/],
    ["latched", status({ acts: { paused: true, seen: [], latched: latch } }), /^RollingBack: .*: Rollback by ada$/],
    ["a rollback in progress", toldByOverlay, /^RollingBack: rolling back: taken up from the overlay/],
    ["finished", status({ phase: "Completed" }), /^Completed: /],
    ["deletion", deleting, /^Completed: deleting: /],
  ];

  it.each(order.map(([name, , words], index) => [name, words, index] as const))("%s: %s", (_name, words, index) => {
    const troubles = order.slice(0, index + 1);
    const world = troubles.reduce<World>((before, [, add]) => add(before), { migration: guarding, see: {} });
    expect(told(world)).toMatch(words);
  });

  it.each(["RollingBack", "VerifyingDrift"] as const)("%s is carried through, whatever else is wrong", (phase) => {
    const troubles = order.filter(([name]) => name !== "finished" && name !== "deletion");
    const begun: World = {
      migration: aMigration(listening)
        .in(phase)
        .with({ rollback: { ...rollback, at: ago(60), from: "Guard" } })
        .build(),
      see: {},
    };
    expect(told(troubles.reduce((world, [, add]) => add(world), begun))).toMatch(
      /^RolledBack: rolled back: every pod serves from/,
    );
  });

  it("a reconcile that failed before a new plan, and a new plan before the checklist", () => {
    const migration = aMigration().in("Preflight").build();
    const edited: Migration = { ...migration, spec: { ok: true, value: aSpec({ writes: "SourceOnly" }) } };
    expect(told({ migration: edited, see: { target: refused } })).toMatch(/^Preflight: waiting to read target/);
    expect(told({ migration: edited, see: {} })).toMatch(/^Preflight: spec\.writes changed: plan /);
    expect(told({ migration, see: {} })).toBe("AwaitingApproval: the checklist is answered; waiting for approval");
  });
});

describe("a phase where nothing stands in the way", () => {
  it.each<[Phase, RegExp]>([
    ["Preflight", /^AwaitingApproval: the checklist is answered/],
    ["AwaitingApproval", /^WarmUp: warming the shadow up at rate 0\.02$/],
    ["WarmUp", /^WarmUp: waiting for the first sample; 0 requests seen at rate 0\.02$/],
    ["Ramp", /^Ramp: waiting for the first sample; 0 requests seen at rate 0\.05$/],
    ["AwaitingCutover", /^AwaitingCutover: the gates must pass at the moment of the cutover: /],
    ["CuttingOver", /^Guard: every pod serves from qdrant:/],
    ["Guard", /^Guard: the status lost the guard's clocks$/],
    ["Completed", /^Completed: make the base name qdrant:/],
    ["RollingBack", /^RolledBack: rolled back: every pod serves from pgvector:/],
    ["VerifyingDrift", /^RolledBack: rolled back: every pod serves from pgvector:/],
    ["RolledBack", /^RolledBack: the base names the store that serves/],
    ["Validated", /^Validated: the base names the store that serves/],
  ])("%s answers itself: %s", (phase, words) => {
    expect(told({ migration: aMigration().in(phase).build(), see: {} })).toMatch(words);
  });

  it("Pending answers itself", () => {
    expect(told({ migration: aMigration().build(), see: {} })).toMatch(/^Preflight: accepted plan /);
  });
});

describe("the status after a reconcile", () => {
  const ramp = aMigration().in("Ramp").build();

  it("holds the answer, what was seen, the conditions and the generation", () => {
    const migration = { ...ramp, meta: { ...ramp.meta, generation: 7 } };
    const { status: next } = decideOn(migration);
    expect(next).toMatchObject({ phase: "Ramp", observedGeneration: 7, acks: { pods: 2, matched: 2 } });
    expect(next.gates.length).toBeGreaterThan(0);
    const ready = next.conditions.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ reason: "NoSamples", observedGeneration: 7, message: next.message });
  });

  it("is the one before itself when nothing is new, and nothing is to be done or said", () => {
    const { status: next } = decideOn(ramp);
    const again = decideOn({ ...ramp, status: next }, {}, noon + 1000);
    expect(again.status).toBe(next);
    expect(again).toMatchObject({ effects: [], announcements: [], requeueAfterMs: 5000 });
  });

  it("says when no plan can be read, as of this reconcile", () => {
    const faults = [{ path: "spec.stages", message: "expected more" }];
    const { status: held } = decideOn({ ...aMigration().build(), spec: { ok: false, faults } });
    expect(held.message).toBe("the spec is not valid: spec.stages: expected more");
    expect(held.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toContain(ago(0));
  });

  it("says nothing of what it doesn't write", () => {
    const edited = (writes: "SourceOnly" | "Both"): Migration["spec"] => ({
      ok: true,
      value: aSpec({ writes, requestedBy: "ada" }),
    });
    const before = { ...ramp, spec: edited("Both") };
    const first = decideOn(before);
    expect(first.announcements.map(({ reason }) => reason)).toEqual(["EditIgnored"]);
    const migration = { ...before, spec: edited("SourceOnly"), status: first.status };
    // The generation, by which a real edit would be news, is the same.
    expect(decideOn(migration, {}, noon + 1000)).toMatchObject({ status: first.status, announcements: [] });
    expect(decideOn(migration, {}, noon + 60_000).announcements.map(({ reason }) => reason)).toEqual(["EditIgnored"]);
  });

  it.each<[Phase, boolean]>([
    ["Guard", false],
    ["RollingBack", true],
    ["VerifyingDrift", true],
    ["RolledBack", false],
  ])("of %s that can't be written lets effects happen: %s", (phase, survives) => {
    const decision = decideOn(aMigration().in(phase).build(), { pods: { ok: true, value: [] } });
    expect([decision.status.phase, decision.effectsSurviveStatusFailure]).toEqual([phase, survives]);
  });
});

describe("what is said and done", () => {
  const expired: ActObservation = {
    name: "act-1",
    uid: "act-1",
    createdAt: noon,
    act: "Pause",
    actor: "ada",
    reason: "",
    planHash: null,
    expiresAt: noon - 1,
  };

  it("is said of acts first, then of the step, then of conditions that flipped", () => {
    const migration = aMigration(listening)
      .in("CuttingOver")
      .with({ conditions: [aCondition("AlertsArmed", "True")] });
    const { announcements } = decideOn(migration.build(), { acts: { ok: true, value: [expired] } });
    expect(announcements.map(({ reason }) => reason)).toEqual(["ActRefused", "CutOver", "AlertsNotArmed"]);
  });

  it("is done for the status that was decided", () => {
    const { status: next, effects } = decideOn(aMigration().in("AwaitingApproval").build());
    expect(effects[0]).toMatchObject({ kind: "applyOverlay", document: { revision: { epoch: next.epoch } } });
    expect(next.epoch).toBe(6);
  });

  it("is what the answer wants at the end of the overlay's life", () => {
    const { revision } = aMigration().in("Completed").build().status;
    const completed = aMigration()
      .in("Completed")
      .with({ ...(revision && { revision: { ...revision, released: true } }) });
    const pod = aPod()
      .following(completed.build())
      .saying(() => ({ base: destinationIdentity }));
    const { effects } = decideOn(completed.build(), { pods: { ok: true, value: [pod.build()] } });
    expect(effects.map(({ kind }) => kind)).toContain("removeOverlay");
  });
});

describe("the next reconcile", () => {
  const ramp = aMigration().in("Ramp");
  const settled = (more: Partial<MigrationStatus> = {}): Migration => {
    const { meta, ...rest } = aMigration()
      .in("Completed")
      .with({ conditions: [aCondition("Settled", "True")], ...more })
      .build();
    return { ...rest, meta: { ...meta, finalizers: [] } };
  };
  /** A message that is tried again after so long. */
  const waiting = (afterMs: number, pending = ["ops"]): Partial<MigrationStatus> => {
    const nextAttemptAt = new Date(noon + afterMs).toISOString();
    const message = { key: "k", kind: "Start", text: "", at: ago(60), failed: [], attempts: 0 } as const;
    return { outbox: [{ ...message, failed: [], pending, nextAttemptAt }] };
  };

  it.each([
    ["never, at the end", settled(), {}, null],
    ["at the pace of the answer", ramp.build(), {}, 5000],
    ["within a second after something was done", ramp.build(), { overlay: { ok: true, value: null } }, 1000],
    ["when a message is tried again", ramp.with(waiting(3000)).build(), {}, 3000],
    ["no later for a message that is tried later", ramp.with(waiting(9000)).build(), {}, 5000],
    ["for a message alone, at the end", settled(waiting(90_000)), {}, 90_000],
    ["not for a message that all have", settled(waiting(3000, [])), {}, null],
  ] as const)("comes %s", (_when, migration, see, delayMs) => {
    expect(decideOn(migration, see).requeueAfterMs).toBe(delayMs);
  });
});

describe("messages for people outside", () => {
  const plan = aSpec({ communications: { sinks: ["ops"] } });
  const approved = aMigration(plan).in("AwaitingApproval").build();

  it("are written with the step that they tell of", () => {
    const { status: next, requeueAfterMs } = decideOn(approved);
    expect(next.outbox).toMatchObject([
      { key: "migration-1/6/Stage/WarmUp", kind: "Stage" },
      { key: "migration-1/6/Start", kind: "Start", text: next.message, at: ago(0), pending: ["ops"] },
    ]);
    expect(requeueAfterMs).toBe(1000);
  });

  it("aren't there where nothing is to be told", () => {
    expect(decideOn(aMigration().in("AwaitingApproval").build()).status).not.toHaveProperty("outbox");
  });

  it("are struck off when they are delivered, and kept while nobody knows", () => {
    const began = { ...approved, status: decideOn(approved).status };
    const key = "migration-1/6/Start";
    const pending = (deliveries?: Observation["deliveries"]) =>
      decideOn(began, deliveries && { deliveries }).status.outbox?.map((message) => message.pending);
    expect(pending({ ok: true, value: [{ key, sink: "ops", error: null }] })).toEqual([["ops"], []]);
    expect(pending(refused)).toEqual([["ops"], ["ops"]]);
    expect(pending()).toEqual([["ops"], ["ops"]]);
  });
});
