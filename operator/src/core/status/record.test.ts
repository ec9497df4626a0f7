// When a pass is worth a write: the simulated cluster counts them.
import { expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

it("a target without pods in mid-ramp is said once, once more when it has stood still, and written no more", () => {
  const sim = simulationAt("Ramp", { spec: aSpec(shortPlan) }).run(20);
  sim.pods = [];
  sim.run(120);
  expect(sim.condition("ConfigPropagated")).toBe("Unknown/AckTimeout");
  const { writes } = sim;
  sim.run(3600);
  expect({ phase: sim.phase, writes: sim.writes - writes }).toEqual({ phase: "Ramp", writes: 1 });
  expect(sim.tickets).toEqual(["AckTimeout", "HoldOverdue"]);
});

it("while a pod is terminating every bin is written, so that little of it is lost", () => {
  const sim = simulationAt("Ramp", { spec: aSpec({ ...shortPlan, gates: { window: "1m", minDwell: "30s" } }) }).run(60);
  const writesIn = (readings: number): number => {
    const { writes } = sim;
    for (let reading = 0; reading < readings; reading += 1) sim.run(5);
    return sim.writes - writes;
  };
  expect(writesIn(6)).toBeLessThanOrEqual(1);
  const leaving = sim.pod(0);
  leaving.terminating = true;
  expect(writesIn(6)).toBeGreaterThanOrEqual(3);
});

it("where much of a ramp may be lost with pods that went, it is written with each bin until it is little", () => {
  const sim = simulationAt("Ramp", { spec: aSpec({ ...shortPlan, gates: { window: "1m", minDwell: "30m" } }) }).run(60);
  const writesIn = (seconds: number): number => {
    const { writes } = sim;
    sim.run(seconds);
    return sim.writes - writes;
  };
  sim.pods = sim.pods.slice(1);
  sim.addPod("next");
  sim.run(20);
  const { lost = 0, counted } = sim.status.evidence ?? {};
  expect(lost).toBeGreaterThan(0.01 * (counted?.answered ?? 0));
  expect(writesIn(120)).toBeGreaterThanOrEqual(10);
  sim.run(3600);
  expect(writesIn(600)).toBeLessThanOrEqual(12);
});

it("while both stores are as slow, what begins ever anew is written no more often than what only counts up", () => {
  const rollback = { window: "5m", sustainedFor: "100s" };
  const sim = simulationAt("Guard", { spec: aSpec({ ...shortPlan, gates: { window: "1m" }, rollback }) }).run(60);
  sim.traffic = () => ({ ...goodTraffic, latencyWorse: 0.3, latencyBetter: 0.3 });
  sim.run(300);
  const { writes } = sim;
  sim.run(600);
  expect(sim.status.detection?.lines.find(({ line }) => line === "latency")?.clock?.shared).toBe(0);
  expect(sim.phase).toBe("Guard");
  expect(sim.writes - writes).toBeLessThanOrEqual(12);
});
