import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { aMigration, anObservation } from "#test/builders/world.ts";
import { simulationAt } from "#test/simulate.ts";
import { frozenBase } from "./deploy-freeze.ts";

const spec = aSpec(shortPlan);
const base = "search-api-retriever";

describe("the deploy freeze", () => {
  it("begins with the write that cuts over, names the base, and ends with the cutover", () => {
    const sim = simulationAt("CuttingOver", { spec });
    expect(sim.overlay).toMatchObject({ document: { primary: "destination" }, intent: { frozen: base } });
    const { epoch } = sim.status;
    sim.until("Guard", 300).run(2);
    expect(sim.overlay?.document?.revision.epoch).toBe(epoch);
    expect(sim.overlay?.intent).not.toHaveProperty("frozen");
  });

  it("keeps the base it froze while the target can't be seen", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.unreadable.add("target");
    sim.run(2);
    expect(sim.status.phase).toBe("CuttingOver");
    expect(sim.overlay?.intent?.frozen).toBe(base);
  });

  it("names no base where neither the target nor what was frozen before can be seen", () => {
    const migration = aMigration(spec).in("CuttingOver").build();
    const unseen = { ok: false, why: "timed out" } as const;
    const blind = anObservation(migration, {}, { target: unseen, overlay: unseen });
    expect(frozenBase(spec, migration.status, blind)).toBe("");
    expect(frozenBase(spec, migration.status, anObservation(migration, {}, { overlay: unseen }))).toBe(base);
  });

  it("ends with a rollback", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.act("Rollback");
    sim.until("RolledBack", 300);
    expect(sim.overlay?.intent?.frozen).toBeUndefined();
  });

  it("isn't there before the cutover", () => {
    expect(simulationAt("AwaitingCutover", { spec }).overlay?.intent).not.toHaveProperty("frozen");
  });

  it("isn't there where the plan does without", () => {
    const sim = simulationAt("CuttingOver", {
      spec: aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, freezeDeploys: false } }),
    });
    expect(sim.overlay).toMatchObject({ document: { primary: "destination" } });
    expect(sim.overlay?.intent).not.toHaveProperty("frozen");
  });
});
