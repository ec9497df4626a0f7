// The spec is edited while the plan runs.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const spec = aSpec(shortPlan);

function edit(sim: Simulation, more: Partial<MigrationSpecInput>): Simulation {
  sim.spec = { ok: true, value: aSpec({ ...shortPlan, ...more }) };
  sim.meta = { ...sim.meta, generation: sim.meta.generation + 1 };
  return sim.run(15);
}

describe("a safe edit", () => {
  it("of the guard's length takes effect at once, is said once, and leaves the accepted plan's hash", () => {
    const sim = simulationAt("Guard", { spec });
    const { planHash, plan } = sim.status;
    edit(sim, { guard: { duration: "10m", deadline: "15m", minSamples: 50 } });
    expect(sim.status).toMatchObject({ planHash, plan });
    expect(sim.condition("Accepted")).toBe("True/SafeEditApplied");
    expect(sim.said.filter(({ reason }) => reason === "SafeEditApplied")).toHaveLength(1);
    sim.run(400);
    expect(sim.phase).toBe("Guard");
    expect(sim.until("Completed", 400).phase).toBe("Completed");
  });

  it("that holds the cutover holds it", () => {
    const sim = edit(simulationAt("Ramp", { spec }), { cutover: { hold: true } });
    expect(sim.until("AwaitingCutover", 600).run(120).phase).toBe("AwaitingCutover");
  });
});

describe("an edit of what was agreed on", () => {
  it.each([
    ["a threshold", { thresholds: { scoreDelta: { limit: 0.9 } } }, "spec.thresholds"],
    ["a shorter guard", { guard: { duration: "1m", deadline: "15m", minSamples: 50 } }, "spec.guard"],
    ["the requester", { requestedBy: "ada" }, "spec.requestedBy"],
  ])("under way (%s) is ignored, and the condition and an event say so", (_name, more, field) => {
    const sim = edit(simulationAt("Ramp", { spec }), more);
    expect(sim.condition("Accepted")).toBe("True/EditIgnored");
    const said = sim.said.filter(({ reason }) => reason === "EditIgnored");
    expect(said).toHaveLength(1);
    expect(said[0]?.message).toContain(`goes on: ${field} can't change any more`);
    expect(sim.until("Completed", 3600).status.planHash).not.toBe("");
  });

  it("before the first sample makes it a new plan and voids the approvals of the old one", () => {
    const checklist = { ...onlyReachable, approvals: { roles: [{ name: "sre" }, { name: "owner" }] } };
    const sim = simulationAt("AwaitingApproval", { spec: aSpec({ ...shortPlan, checklist }) });
    const old = sim.status.planHash;
    sim.act("Approve", { role: "sre", planHash: old });
    sim.reconcile();
    edit(sim, { checklist, thresholds: { scoreDelta: { limit: 0.1 } } });
    expect(sim.status.planHash).not.toBe(old);
    expect(sim.said.find(({ reason }) => reason === "PlanChanged")?.message).toContain(
      "1 approval of the old one is void",
    );
    sim.run(60);
    expect(sim.status.message).toContain("needs sre 0 of 1");
    sim.act("Approve", { role: "sre", planHash: sim.status.planHash });
    sim.act("Approve", { role: "owner", planHash: sim.status.planHash });
    expect(sim.until("WarmUp", 60).status.plan).toContain('"limit":0.1');
    expect(sim.run(10).condition("Accepted")).toBe("True/Accepted");
  });

  it("asks the whole checklist again", () => {
    const checklist = { ...onlyReachable, approvals: { roles: [{ name: "sre" }] } };
    const sim = simulationAt("AwaitingApproval", { spec: aSpec({ ...shortPlan, checklist }) });
    edit(sim, { checklist: { ...checklist, parity: { policy: "Require" } } });
    sim.run(60);
    expect(sim.condition("ParityVerified")).toBe("True/Equal");
  });
});
