// A status from which somebody took something. It holds or starts over; it never goes forward on what it lost.
import { migrationStatusSchema, type Phase } from "@retriever/crds/status/migration-status.ts";
import { isLegalStep } from "@retriever/crds/status/phase-steps.ts";
import { describe, expect, it } from "vitest";
import { underWay } from "#test/builders/phases.ts";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Receiver } from "#test/receiver.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { decide } from "../decide.ts";
import type { Decision } from "../model/decision.ts";

const spec = aSpec(shortPlan);
const phases: readonly Phase[] = [...underWay, "RollingBack", "Completed"];

function inPhase(phase: Phase): Simulation {
  if (phase !== "RollingBack") return simulationAt(phase, { spec });
  const sim = simulationAt("Guard", { spec });
  sim.act("Rollback");
  return sim.until("RollingBack", 60);
}

/** One decision on a status without these members; undefined where it isn't a status any more. */
function decideWithout(sim: Simulation, members: readonly string[], passed = 7000): Decision | undefined {
  const kept = Object.entries(sim.status).filter(([name]) => !members.includes(name));
  const parsed = migrationStatusSchema.safeParse(Object.fromEntries(kept));
  if (!parsed.success) return undefined;
  const migration = { meta: sim.meta, spec: sim.spec, status: parsed.data };
  return decide({ migration, observation: sim.observation(), now: sim.now + passed });
}

describe.each(phases)("a status in %s", (phase) => {
  const optional = (sim: Simulation) =>
    Object.keys(sim.status).filter((name) => !["phase", "epoch", "message"].includes(name));

  it("that lost any one or two of its members is decided upon without a throw and says what it waits for", () => {
    const sim = inPhase(phase);
    const names = optional(sim);
    for (const [index, one] of names.entries()) {
      for (const other of names.slice(index)) {
        const decision = decideWithout(sim, [one, other]);
        if (decision === undefined) continue;
        const { status } = decision;
        const what = `${one}, ${other}: ${status.message}`;
        expect({ what, isLegal: isLegalStep(phase, status.phase) }).toEqual({ what, isLegal: true });
        expect(what).not.toMatch(/undefined|NaN|: $/);
        migrationStatusSchema.parse(JSON.parse(JSON.stringify(status)));
      }
    }
  });

  it("that lost its revision never makes the destination primary or samples more", () => {
    const status = decideWithout(inPhase(phase), ["revision"])?.status;
    expect([undefined, "source"]).toContain(status?.revision?.primary);
    expect(status?.revision?.sampleRate ?? 0).toBe(0);
  });
});

describe("a guard", () => {
  it("that lost its clocks holds and says so", () => {
    const decision = decideWithout(simulationAt("Guard", { spec }), ["guard"]);
    expect(decision?.status).toMatchObject({ phase: "Guard", message: "the status lost the guard's clocks" });
  });

  it("that lost revision and evidence counts no samples", () => {
    const decision = decideWithout(simulationAt("Guard", { spec }), ["revision", "evidence"]);
    expect(decision?.status.message).toContain("0 of 50 samples");
  });
});

describe("a stage", () => {
  it("that is lost, or that the plan doesn't have, holds", () => {
    const sim = simulationAt("Ramp", { spec });
    const held = "the status names a stage the plan doesn't have";
    expect(decideWithout(sim, ["stage"])?.status).toMatchObject({ phase: "Ramp", message: held });
    sim.status = { ...sim.status, stage: { index: 7, count: 2, sampleRate: 0.5 } };
    expect(sim.reconcile().status).toMatchObject({ phase: "Ramp", message: held });
  });

  it("whose start can't be read waits for its whole time", () => {
    const sim = simulationAt("Ramp", { spec }).run(600);
    const sampling = simulationAt("Ramp", { spec }).run(30);
    const stage = { index: 1, count: 2, sampleRate: 0.5, startedAt: "soon" };
    sampling.status = { ...sampling.status, stage };
    sampling.run(120);
    expect(sampling.status.message).toContain("1m of the stage are left");
    expect(sim.phase).not.toBe("Ramp");
  });
});

it("a cutover that waits for a person, without the baseline, says so without a load", () => {
  const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) });
  expect(decideWithout(sim, ["baseline"])?.status.message).toContain("proved at 0 requests/s, the cutover sends 0");
});

describe("a cutover", () => {
  it("that lost the load before it compares with the baseline of the ramp", () => {
    const sim = simulationAt("CuttingOver", { spec });
    const { throughput: _throughput, ...rest } = sim.status;
    sim.status = rest;
    expect(sim.until("Guard", 120).phase).toBe("Guard");
  });

  it("that lost every number about the load before takes any reconcile as enough", () => {
    const sim = simulationAt("CuttingOver", { spec });
    const { throughput: _throughput, baseline: _baseline, ...rest } = sim.status;
    sim.status = rest;
    expect(sim.until("Guard", 30).phase).toBe("Guard");
  });
});

describe("a migration that has completed, and its plan is damaged", () => {
  const completed = () =>
    simulationAt("Completed", { spec: aSpec({ ...shortPlan, communications: { sinks: ["ops"] } }) });
  const damage = (sim: Simulation): void =>
    void (sim.status = { ...sim.status, plan: "{", planHash: "0123456789abcdef" });

  it("says so once, as a ticket that stays open, and is at rest while the base is as it was", () => {
    const sim = completed();
    const receiver = new Receiver(sim);
    sim.run(60);
    damage(sim);
    sim.run(7200);
    expect([sim.pages, sim.tickets]).toEqual([[], ["PlanDamaged"]]);
    expect(sim.condition("Settled")).toBe("False/PlanDamaged");
    expect([...receiver.open]).toEqual(["ops Ticket/PlanDamaged"]);
    expect(sim.isQuiet()).toBe(true);
  });

  it("says nothing once it has settled, and goes when it is deleted", () => {
    const sim = completed();
    sim.base = destinationIdentity;
    sim.runWhile(() => sim.condition("Settled") !== "True/Settled", 600);
    const said = sim.said.length;
    damage(sim);
    sim.run(600);
    expect(sim.condition("Settled")).toBe("True/Settled");
    expect(sim.said.slice(said)).toEqual([]);
    sim.delete();
    sim.runWhile(() => !sim.gone, 60);
  });
});
