// The main road: nothing goes wrong.
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { Simulation } from "#test/simulate.ts";

describe("a healthy migration with the default plan", () => {
  it("runs through every phase, waits for a person, and is settled once the base names the destination", () => {
    const sim = new Simulation({ reconcileSeconds: 50 });
    const startedAt = sim.now;
    sim.until("AwaitingCutover");
    sim.run(600);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.condition("Ready")).toBe("True/AwaitingPromote");
    sim.act("Promote");
    sim.until("Completed");
    expect(sim.story).toBe(
      [
        "Preflight: source+none@0",
        "AwaitingApproval: source+none@0",
        "WarmUp: source+destination@0.02",
        "Ramp: source+destination@0.05",
        "Ramp: source+destination@0.1",
        "AwaitingCutover: source+destination@0.1",
        "CuttingOver: destination+source@0.05",
        "Guard: destination+source@0.05",
        "Guard: destination+none@0",
        "Completed: destination+none@0",
      ].join("\n"),
    );
    const hours = (sim.now - startedAt) / 3_600_000;
    expect(hours).toBeGreaterThan(27.5);
    expect(hours).toBeLessThan(28.2);
    sim.run(120);
    expect(sim.condition("Settled")).toBe("False/BaseNotUpdated");
    expect(sim.condition("Succeeded")).toBe("True/Completed");
    expect(sim.isQuiet()).toBe(true);
    sim.base = destinationIdentity;
    sim.run(300);
    expect(sim.condition("Settled")).toBe("True/Settled");
    expect(sim.overlay).toBeNull();
    expect(sim.isQuiet()).toBe(true);
    expect(sim.last?.requeueAfterMs).toBeNull();
    expect(sim.pages).toEqual([]);
    expect(sim.meta.finalizers).toEqual([]);
  });
});
