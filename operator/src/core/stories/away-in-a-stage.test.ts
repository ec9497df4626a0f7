// A stage, or a whole validation, that goes on while nobody looks: what wasn't seen is no time of it.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const stages = [
  { sampleRate: 0.1, minDuration: "30m", minSamples: 100 },
  { sampleRate: 0.5, minDuration: "1m", minSamples: 100 },
];
const spec = aSpec({ ...shortPlan, stages, cutover: { hold: true } });
const hour = 3600;

/** Nobody reconciles for so many seconds, and pods remember the last 900 of them. */
function leave(sim: Simulation, seconds: number): Simulation {
  sim.now += seconds * 1000;
  return sim;
}

describe("an operator that was away", () => {
  it("for most of a stage begins the time that it didn't see anew, and knows the load", () => {
    const sim = leave(simulationAt("WarmUp", { spec }).run(300), hour);
    const back = sim.now;
    sim.until("Ramp", hour);
    // Five minutes before, fifteen that pods remember, ten more.
    expect((sim.now - back) / 60_000).toBeCloseTo(10, 0);
    expect(sim.status.baseline?.requestsPerSecond).toBeCloseTo(60, -1);
  });

  it("for as long as pods remember takes nothing from the stage", () => {
    const sim = leave(simulationAt("WarmUp", { spec }).run(300), 840);
    const back = sim.now;
    sim.until("Ramp", hour);
    expect((sim.now - back) / 60_000).toBeCloseTo(30 - 5 - 14, 0);
  });

  it("for most of a validation validates nothing that it didn't see", () => {
    const validate = aSpec({ ...shortPlan, mode: "Validate", validate: { duration: "1h" } });
    const sim = leave(simulationAt("Ramp", { spec: validate }).run(30), hour);
    expect(sim.run(1800).phase).toBe("Ramp");
    expect(sim.until("Validated", hour).phase).toBe("Validated");
  });
});

it("a stage in which nobody asks anything for half an hour, under an operator's eyes, goes on", () => {
  const sim = simulationAt("WarmUp", { spec }).run(300);
  sim.traffic = () => ({ ...goodTraffic, rps: 0 });
  sim.run(1800);
  sim.traffic = () => goodTraffic;
  expect(sim.until("Ramp", 600).phase).toBe("Ramp");
});
