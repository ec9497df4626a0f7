// An overlay that no sidecar would read is never written: the step is not taken, and people are told which field it is.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const spec = aSpec(shortPlan);

function damage(sim: Simulation, change: Partial<MigrationStatus>): void {
  sim.status = { ...sim.status, ...change };
}

describe("a step whose overlay no sidecar would read", () => {
  it("is not taken, told once, and taken when the status is right again", () => {
    const { baseline } = simulationAt("Ramp", { spec }).status;
    const sim = simulationAt("WarmUp", { spec });
    const { overlay, status } = sim;
    damage(sim, { baseline: { ...baseline, scoreOffset: 3 } as MigrationStatus["baseline"] });
    sim.run(900);
    expect([sim.phase, sim.status.epoch, sim.overlay]).toEqual(["WarmUp", status.epoch, overlay]);
    expect(sim.condition("Ready")).toBe("False/OverlayInvalid");
    expect(sim.status.message).toMatch(
      /^held: no sidecar would read .*ROP_OVERLAY_INVALID\): thresholds.scoreOffset: /,
    );
    expect(sim.said.filter(({ reason }) => reason === "OverlayInvalid")).toHaveLength(1);
    expect(sim.pages).toEqual([]);
    damage(sim, { baseline: status.baseline });
    sim.until("Completed", 3600);
  });

  it("can be rolled back from: a rollback carries none of what was measured", () => {
    const sim = simulationAt("Ramp", { spec });
    damage(sim, { revision: { ...sim.status.revision, scoreOffset: 3 } as MigrationStatus["revision"] });
    sim.run(60);
    sim.act("Abort");
    sim.until("RolledBack", 60);
    expect(sim.overlay?.document?.primary ?? "source").toBe("source");
  });

  it("is refused to whoever promotes it", () => {
    const sim = simulationAt("AwaitingCutover", {
      spec: aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, hold: true } }),
    });
    const { planHash } = sim.status;
    damage(sim, { planHash: "" });
    sim.act("Promote");
    sim.run(30);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.said.find(({ reason }) => reason === "ActRefused")?.message).toContain("no sidecar would read");
    damage(sim, { planHash });
    sim.act("Promote");
    sim.until("Guard", 60);
  });
});

it("a rollback is taken though the status has lost what its overlay has to say: the overlay in force says it", () => {
  const sim = simulationAt("Guard", { spec });
  const { planHash } = sim.status;
  damage(sim, { planHash: "" });
  sim.act("Rollback");
  sim.until("RolledBack", 120);
  expect(sim.pages).not.toContain("OverlayInvalid");
  expect(sim.status.planHash).toBe(planHash);
});
