// A stage that can't decide: when a person is called, what is said, and that it ends only on evidence.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const stages = [
  { sampleRate: 0.1, minDuration: "2m", minSamples: 100, deadline: "10m" },
  { sampleRate: 0.5, minDuration: "1m", minSamples: 100, deadline: "10m" },
];
const spec = aSpec({ ...shortPlan, stages });
const overdue = (sim: Simulation) => sim.said.filter(({ reason }) => reason === "StageOverdue");

/** As if not a single gate could be told: three requests a minute. */
function thin(): Simulation {
  const sim = simulationAt("WarmUp", { spec });
  sim.traffic = () => ({ ...goodTraffic, rps: 0.05 });
  return sim;
}

describe("a stage past its deadline", () => {
  it("is held, opens one ticket, names the field and what would move it", () => {
    const sim = thin().run(599);
    expect(overdue(sim)).toEqual([]);
    sim.run(11);
    expect(sim.condition("Ready")).toBe("False/StageOverdue");
    expect(sim.status.message).toMatch(
      /^past stages\[0\]\.deadline 10m, held until the evidence is there; more traffic helps, .+: (stage 1 of 2|waiting)/,
    );
    sim.run(3600);
    expect(sim.phase).toBe("WarmUp");
    expect(overdue(sim)).toMatchObject([{ type: "Warning", severity: "ticket" }]);
    expect(sim.status.history.at(-1)).toMatchObject({ reason: "StageOverdue", phase: "WarmUp", epoch: 2 });
  });

  it("goes on by itself once every gate passes", () => {
    const sim = thin().run(1200);
    sim.traffic = () => goodTraffic;
    sim.until("AwaitingCutover", 1200);
    expect(overdue(sim)).toHaveLength(1);
  });

  it("without a single sample is overdue as well", () => {
    const sim = simulationAt("WarmUp", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.run(700);
    expect(sim.status.message).toMatch(/^past stages\[0\]\.deadline 10m, .+ waiting for the first sample; 0 requests/);
    expect(overdue(sim)).toHaveLength(1);
  });

  it("counts from its own configuration: the next stage has its own deadline", () => {
    const sim = simulationAt("Ramp", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: 0.05 });
    sim.run(590);
    expect(overdue(sim)).toEqual([]);
    sim.run(30);
    expect(sim.status.message).toMatch(/^past stages\[1\]\.deadline 10m/);
  });

  it("that has only to wait for its time, with every gate passed, is not overdue", () => {
    const untilPeak = { timeZone: "UTC", from: "03:00", to: "04:00" };
    const peak = aSpec({ ...shortPlan, stages: [{ ...stages[0], sampleRate: 0.5, untilPeak }] });
    const sim = simulationAt("WarmUp", { spec: peak, reconcileSeconds: 50 }).run(3600);
    expect(sim.status.message).toContain("the peak from 03:00 to 04:00 has to be sampled whole");
    expect(overdue(sim)).toEqual([]);
    expect(sim.condition("Ready")).toBe("True/Sampling");
  });
});
