// What looks like news and isn't: it changes nothing.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";

const spec = aSpec(shortPlan);

describe("a rollback in the overlay's intent", () => {
  const adopted = (more: { migrationUid?: string; epoch?: number; rollback?: null }) => {
    const sim = simulationAt("Guard", { spec });
    if (sim.overlay?.intent === null || sim.overlay === null) throw new Error("an overlay of ours has an intent");
    const rollback = { reason: "HarmSevere", causes: ["errors"], actor: null };
    const { intent } = sim.overlay;
    sim.overlay = { ...sim.overlay, intent: { ...intent, epoch: sim.status.epoch + 1, rollback, ...more } };
    return sim.decideNow();
  };

  it("of this migration, of a later epoch, is taken up with its causes and pages", () => {
    const { status, announcements } = adopted({});
    expect(status).toMatchObject({ phase: "RollingBack", epoch: 5 });
    expect(status.revision).toMatchObject({ primary: "source", shadow: "none", sampleRate: 0, released: false });
    expect(status.rollback).toMatchObject({ from: "Guard", reason: "HarmSevere", causes: ["errors"], actor: null });
    expect(announcements).toMatchObject([{ reason: "RollbackAdopted", type: "Warning", severity: "page" }]);
  });

  it.each([
    ["of another migration", { migrationUid: "other" }],
    ["of the present epoch", { epoch: 4 }],
    ["that isn't there", { rollback: null }],
  ])("%s is none", (_name, more) => {
    expect(adopted(more).status.phase).toBe("Guard");
  });
});

it("an edit of the destination before the first sample makes no new plan: that was accepted for good", () => {
  const sim = simulationAt("Preflight", { spec });
  const destination = { ...spec.destination, collection: "other" };
  sim.spec = { ok: true, value: { ...spec, destination } };
  const { planHash } = sim.status;
  sim.run(20);
  expect(sim.status.planHash).toBe(planHash);
  expect(sim.said.filter(({ reason }) => reason === "PlanChanged")).toEqual([]);
});

it("a Promote in Pending is refused while nobody can say whether the plan was rolled back before", () => {
  const sim = new Simulation({ spec });
  sim.unreadable.add("claims");
  sim.act("Promote");
  sim.reconcile();
  expect(sim.said.map(({ reason }) => reason)).toContain("ActRefused");
  expect(sim.status.acts?.retriedBy).toBeUndefined();
});
