// The guard's three clocks under everything that time and people can do to them.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec({ ...shortPlan, guard: { duration: "30m", deadline: "2h", minSamples: 50 } });

function guardOf(sim: Simulation) {
  const { guard } = sim.status;
  if (guard === undefined) throw new Error("no guard");
  return guard;
}

function counted(sim: Simulation): number {
  return guardOf(sim).watchedSeconds + guardOf(sim).idleSeconds;
}

describe("the reconcile that begins the guard", () => {
  it("under harm lets the time after it count nowhere", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, emptyShare: 0.9 } : goodTraffic);
    sim.until("Guard");
    expect(guardOf(sim).visibility).toBe("held");
    sim.traffic = () => goodTraffic;
    sim.reconcile();
    expect(counted(sim)).toBe(0);
  });

  it("while a person has paused lets the time after it count nowhere", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.act("Pause");
    sim.until("Guard");
    expect(guardOf(sim).visibility).toBe("held");
  });
});

describe("what is written while the clock stands", () => {
  const seldom = aSpec({ ...shortPlan, gates: { window: "30s", minDwell: "30s" } });

  it("in a pause is the counters, twice a minute", () => {
    const sim = simulationAt("Guard", { spec: seldom });
    sim.act("Pause");
    sim.run(10);
    const before = sim.writes;
    sim.run(600);
    expect(sim.writes - before).toBeLessThanOrEqual(21);
  });

  it("in a rollback that is blocked is the counters, twice a minute", () => {
    const manual = aSpec({
      ...shortPlan,
      gates: { window: "30s", minDwell: "30s" },
      rollback: { window: "1m", sustainedFor: "30s", automatic: false },
    });
    const sim = simulationAt("Guard", { spec: manual });
    sim.traffic = () => ({ ...goodTraffic, emptyShare: 0.9 });
    sim.run(240);
    expect(sim.pages).toEqual(["RollbackBlocked"]);
    const before = sim.writes;
    sim.run(600);
    expect(sim.writes - before).toBeLessThanOrEqual(21);
  });
});

describe("time that counts", () => {
  it("is time with enough requests to notice a failure: idle time completes nothing, and past the deadline a person is called", () => {
    const sim = simulationAt("Guard", { spec }).run(900);
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.run(5400);
    expect(sim.phase).toBe("Guard");
    // What came within maxDetectionTime before the traffic ended still counts for a while.
    expect(guardOf(sim).watchedSeconds).toBeLessThan(1800);
    expect(guardOf(sim).idleSeconds).toBeGreaterThan(3600);
    sim.run(1800);
    expect(sim.tickets).toEqual(["GuardOverdue"]);
    sim.act("CompleteGuard", { reason: "smoke tests pass, nobody works on a Sunday" });
    expect(sim.until("Completed", 60).status.history.map(({ reason }) => reason)).toContain("GuardCompleted");
  });

  it("is credited in full with a gate window longer than a reconcile may last", () => {
    const slow = aSpec({ ...shortPlan, gates: { window: "15m", minDwell: "30s" } });
    const sim = simulationAt("Guard", { spec: slow });
    const at = sim.now;
    sim.until("Completed", 3600);
    expect((sim.now - at) / 1000).toBeLessThan(330);
    expect(guardOf(sim).unobservedSeconds).toBe(0);
  });

  it("is enough only with the samples the plan asks for; rolling restarts don't lose them", () => {
    const sim = simulationAt("Guard", { spec });
    for (const pod of sim.pods) sim.restart(pod);
    sim.run(60);
    for (const pod of sim.pods) sim.restart(pod);
    sim.run(60);
    expect(sim.status.evidence?.vanishedPods).toBe(6);
    sim.until("Completed", 2400);
  });

  it("without a shadow in the guard needs no samples", () => {
    const none = aSpec({
      ...shortPlan,
      cutover: { hold: false },
      guard: { ...shortPlan.guard, sampling: { mode: "Fixed", minRate: 0 } },
    });
    expect(simulationAt("Guard", { spec: none }).until("Completed", 900).phase).toBe("Completed");
  });

  it("ends with the shadow kept when the plan says so", () => {
    const kept = aSpec({ ...shortPlan, guard: { ...shortPlan.guard, onPassed: "KeepShadow" } });
    const sim = simulationAt("Completed", { spec: kept });
    expect(sim.trace.at(-1)).toBe("Completed: destination+source@0.05");
    sim.run(120);
    expect(sim.isQuiet()).toBe(true);
  });

  it("waits for the last revision to reach every pod", () => {
    const sim = simulationAt("Guard", { spec }).run(60);
    sim.pod(0).followMs = 20_000;
    sim.runWhile(() => sim.status.revision?.shadow !== "none", 3600);
    sim.run(10);
    expect(sim.phase).toBe("Guard");
    expect(sim.status.message).toContain("switching the dual read off: 2 of 3");
    sim.until("Completed", 60);
  });
});

describe("time that doesn't count", () => {
  it("time without observation", () => {
    const sim = simulationAt("Guard", { spec }).run(301);
    const before = counted(sim);
    sim.unreadable.add("pods");
    sim.run(900);
    expect(counted(sim)).toBe(before);
    expect(guardOf(sim).unobservedSeconds).toBeGreaterThan(850);
    sim.unreadable.clear();
    sim.run(10);
    expect(counted(sim) - before).toBeLessThan(10);
  });

  it("a pod that doesn't answer", () => {
    const sim = simulationAt("Guard", { spec }).run(301);
    const before = counted(sim);
    sim.pod(2).silent = true;
    sim.run(600);
    expect(counted(sim)).toBeLessThanOrEqual(before + 5);
    expect(sim.condition("Ready")).toBe("False/Unobserved");
  });

  it("two hours without an operator", () => {
    const sim = simulationAt("Guard", { spec }).run(301);
    const before = counted(sim);
    sim.now += 7_200_000;
    sim.run(1);
    expect(counted(sim)).toBe(before);
    expect(guardOf(sim).unobservedSeconds).toBeGreaterThan(7190);
    expect(sim.phase).toBe("Guard");
  });

  it.each([3_600_000, -3_600_000])("a jump of the clock by %d ms and back", (jump) => {
    const sim = simulationAt("Guard", { spec }).run(301);
    const before = counted(sim);
    sim.now += jump;
    sim.run(10);
    sim.now -= jump;
    sim.run(10);
    expect(counted(sim) - before).toBeLessThanOrEqual(25);
    sim.until("Completed", 3600);
  });

  it("a finding that doesn't act yet, not even what passed unwritten before it went away", () => {
    const patient = aSpec({ ...shortPlan, rollback: { window: "10s", sustainedFor: "5m" }, guard: spec.guard });
    const sim = simulationAt("Guard", { spec: patient }).run(120);
    const before = counted(sim);
    sim.traffic = () => ({ ...goodTraffic, mismatch: 0.9 });
    sim.run(40);
    sim.traffic = () => goodTraffic;
    sim.run(5);
    expect(counted(sim) - before).toBeLessThanOrEqual(15);
    expect(sim.status.message).toContain("guarding");
    sim.until("Completed", 3600);
  });
});

describe("past guard.deadline", () => {
  it("opens one ticket, whatever comes between, and doesn't complete unproved", () => {
    const thin = aSpec({ ...shortPlan, guard: { duration: "5m", deadline: "10m", minSamples: 1_000_000 } });
    const sim = simulationAt("Guard", { spec: thin }).run(660);
    expect(sim.tickets).toEqual(["GuardOverdue"]);
    sim.unreadable.add("target");
    sim.run(60);
    sim.unreadable.clear();
    sim.act("Pause");
    sim.run(60);
    sim.act("Resume");
    sim.run(900);
    expect(sim.phase).toBe("Guard");
    expect(sim.tickets).toEqual(["GuardOverdue"]);
    expect(sim.condition("Ready")).toBe("False/GuardOverdue");
    expect(sim.status.message).toContain("of 1000000 samples");
  });

  it("still completes once it is proved", () => {
    const sim = simulationAt("Guard", {
      spec: aSpec({ ...shortPlan, guard: { duration: "5m", deadline: "6m", minSamples: 50 } }),
    });
    sim.pod(0).silent = true;
    sim.run(420);
    expect(sim.tickets).toContain("GuardOverdue");
    sim.pod(0).silent = false;
    sim.until("Completed", 600);
  });
});
