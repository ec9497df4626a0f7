// The application's load across the cutover, and the source's health after a rollback.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/toy-pod.ts";

const spec = aSpec({ ...shortPlan, cutover: { hold: false, validationTimeout: "2m" } });

describe("the load after a cutover", () => {
  it.each([0.55, 1, 1.9])("of %s times the load before is taken as resumed", (factor) => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps * factor });
    expect(sim.until("Guard", 60).status.throughput?.requestsPerSecond).toBeCloseTo(60, 0);
  });

  it.each([
    ["a third", 1 / 3],
    ["three times as much", 3],
  ])("of %s goes back after validationTimeout and states both rates", (_name, factor) => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps * factor });
    sim.run(30);
    expect(sim.status.message).toContain("waiting for requests to resume");
    const { rollback } = sim.until("RolledBack", 300).status;
    expect(rollback).toMatchObject({ reason: "ValidationTimeout" });
    expect(rollback?.causes[0]).toMatch(/\d+ requests\/s are answered, before the cutover it were 60/);
  });
});

describe("the source after a rollback from the destination", () => {
  const rolledBack = (change: Partial<typeof goodTraffic>) => {
    const sim = simulationAt("Guard", { spec });
    sim.act("Rollback");
    sim.until("RolledBack", 60);
    sim.traffic = () => ({ ...goodTraffic, ...change });
    return sim.run(60);
  };

  it("was measured before the first sample", () => {
    const { sourceBaseline } = simulationAt("WarmUp", { spec }).status;
    expect(sourceBaseline?.requestsPerSecond).toBeCloseTo(60, -1);
    expect(sourceBaseline).toMatchObject({ errorShare: 0 });
  });

  it("that does as before confirms the baseline, and the overlay goes", () => {
    const sim = rolledBack({});
    expect(sim.status.rollback?.baseline).toBe("Confirmed");
    expect(sim.said.find(({ reason }) => reason === "BaselineConfirmed")?.message).toContain("before the migration");
    expect(sim.condition("Settled")).toBe("True/Settled");
    expect(sim.isQuiet()).toBe(true);
  });

  it.each([
    ["fails more", { errorShare: 0.2 }],
    ["is slower", { latencyMs: 300 }],
    ["is asked less", { rps: 2 }],
  ])("that %s is said so once", (_name, change) => {
    const sim = simulationAt("Guard", { spec });
    sim.act("Rollback");
    sim.traffic = () => ({ ...goodTraffic, ...change });
    sim.until("RolledBack", 60);
    sim.run(60);
    expect(sim.status.rollback?.baseline).toBe("Differs");
    expect(sim.said.filter(({ reason }) => reason === "BaselineDiffers")).toHaveLength(1);
  });

  it("that nobody asks stays unmeasured, and nothing waits for it for long", () => {
    const sim = simulationAt("Guard", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.act("Rollback");
    sim.until("RolledBack", 60);
    sim.run(120);
    expect(sim.status.rollback?.baseline).toBe("NotMeasured");
    expect(sim.condition("Settled")).toBe("True/Settled");
  });

  it("is not compared where it never stopped serving", () => {
    const sim = simulationAt("Ramp", { spec });
    sim.act("Abort");
    sim.until("RolledBack", 60);
    sim.run(60);
    expect(sim.status.rollback?.baseline).toBeUndefined();
  });
});
