// After a rollback the overlay names the destination only as long as it may hold what the source lacks.
import { namesDestination, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const late = { ...shortPlan, rollback: { ...shortPlan.rollback, verifyDriftAfter: "1s" } };

/** Rolled back from a phase, with a base that keeps the overlay from being released. */
function rolledBack(phase: "Preflight" | "Ramp" | "Guard", found: "equal" | "drift", plan: object = late): Simulation {
  const sim = simulationAt(phase, { spec: aSpec(plan) });
  if (found === "drift") sim.verifier.parity = { extra: 3 };
  sim.act(phase === "Guard" ? "Rollback" : "Abort");
  sim.until("RolledBack", 600);
  sim.base = destinationIdentity;
  return sim.run(120);
}

function isNamed({ overlay }: Simulation): boolean {
  if (overlay === null || overlay.document === null) throw new Error("no overlay");
  overlaySchema.parse(JSON.parse(overlay.text));
  return namesDestination(overlay.document) || overlay.text.includes("qdrant.search.svc");
}

describe("a rolled-back overlay", () => {
  it.each(["Preflight", "Ramp"] as const)("names no destination where no traffic was moved: from %s", (phase) => {
    const sim = rolledBack(phase, "equal");
    expect([sim.phase, isNamed(sim)]).toEqual(["RolledBack", false]);
    expect(sim.condition("ConfigPropagated")).toMatch(/^True/);
    expect(sim.isQuiet()).toBe(true);
  });

  it("names none once the comparison found nothing, and is released like any other", () => {
    const sim = rolledBack("Guard", "equal");
    expect([sim.condition("DriftResolved"), isNamed(sim)]).toEqual(["True/Equal", false]);
    sim.base = sim.status.source ?? sim.base;
    expect(sim.run(120).condition("Settled")).toBe("True/Settled");
  });

  it("names it while corrections are open, and no longer once a person has closed them", () => {
    const sim = rolledBack("Guard", "drift");
    expect([sim.condition("DriftResolved"), isNamed(sim)]).toEqual(["False/CorrectionsOpen", true]);
    sim.act("Waive", { check: "parity", reason: "repaired by hand" });
    sim.run(60);
    expect([sim.condition("DriftResolved"), isNamed(sim)]).toEqual(["True/Waived", false]);
    expect(sim.isQuiet()).toBe(true);
  });

  it("names it while nobody has compared", () => {
    const sim = rolledBack("Guard", "equal", {
      ...shortPlan,
      rollback: { ...shortPlan.rollback, integrity: "Skip" },
    });
    expect([sim.condition("DriftResolved")?.split("/")[0], isNamed(sim)]).toEqual(["Unknown", true]);
  });
});
