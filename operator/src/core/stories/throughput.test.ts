// The application's load across the cutover, and the source's health after a rollback.
import type { Distortion } from "@retriever/kubectl/toy/toy-lies.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { decide } from "../decide.ts";
import type { PodObservation } from "../model/workload.ts";

const spec = aSpec({ ...shortPlan, cutover: { hold: false, validationTimeout: "2m" } });

describe("the load after a cutover", () => {
  it.each([0.55, 1, 3])("of %s times the load before is taken as resumed", (factor) => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps * factor });
    expect(sim.until("Guard", 60).status.throughput?.requestsPerSecond).toBeCloseTo(60, 0);
  });

  it("of a third goes back after validationTimeout and states both rates", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps / 3 });
    sim.run(30);
    expect(sim.status.message).toContain("waiting for requests to resume");
    const { takenBack } = sim.until("AwaitingCutover", 300).status;
    expect(takenBack).toMatchObject({ reason: "ValidationTimeout" });
    expect(takenBack?.causes[0]).toMatch(/\d+ requests\/s are answered, before the cutover it was 60/);
  });

  it.each([3, 10])("isn't held against a batch client that asked %s times as much for 40 s before", (factor) => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) });
    sim.run(300);
    sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps * factor });
    sim.run(40).act("Promote");
    sim.until("CuttingOver", 30);
    sim.traffic = () => goodTraffic;
    expect(sim.until("Guard", 60).status.takenBack).toBeUndefined();
  });
});

it("one pod of three that tells of ten times its requests before a cutover, and of none after, takes it back no more", () => {
  const sim = simulationAt("AwaitingCutover", {
    spec: aSpec({ ...shortPlan, cutover: { hold: true, validationTimeout: "2m" } }),
  });
  const tells =
    (times: number): Distortion =>
    (counters) => ({ ...counters, requests: times * counters.requests });
  sim.pod(0).distortion = tells(10);
  sim.run(300).act("Promote");
  sim.until("CuttingOver", 60);
  sim.pod(0).distortion = tells(0);
  sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps * 0.85 });
  expect(sim.until("Guard", 200).status.takenBack).toBeUndefined();
});

it("a load of a third that is first seen hours after the cutover takes nothing back: it may be night", () => {
  const sim = simulationAt("CuttingOver", { spec });
  sim.traffic = () => ({ ...goodTraffic, rps: goodTraffic.rps / 3 });
  sim.now += 4 * 3_600_000;
  sim.run(1200);
  expect([sim.phase, sim.condition("Ready"), sim.tickets]).toEqual([
    "CuttingOver",
    "False/ThroughputUnknown",
    ["HoldOverdue"],
  ]);
  expect(sim.status.message).toMatch(
    /before the cutover it was 60 .*; 4h\S* later it may be the hour; .*a Rollback act/,
  );
  sim.traffic = () => goodTraffic;
  sim.until("Guard", 400);
});

describe("a deploy that replaced some of the pods seconds ago", () => {
  const replace = (sim: Simulation, count: number) => {
    sim.pods = sim.pods.slice(count);
    for (let index = 0; index < count; index += 1) sim.addPod();
    return sim.run(20);
  };
  const held = aSpec({ ...shortPlan, cutover: { hold: true, validationTimeout: "2m" } });

  it.each([1, 2, 3])("hides none of the load before a cutover: %s of four pods", (count) => {
    const sim = replace(simulationAt("AwaitingCutover", { spec: held, pods: 4 }).run(300), count);
    sim.act("Promote");
    expect(sim.until("CuttingOver", 60).status.throughput?.requestsPerSecond).toBeCloseTo(80, 0);
  });

  it.each([1, 2, 3])("is no load that didn't resume, nor a source that does worse: %s of four pods", (count) => {
    const sim = simulationAt("AwaitingCutover", { spec: held, pods: 4 }).run(300);
    sim.act("Promote");
    sim.until("Guard", 60).run(200);
    replace(sim, count).act("Rollback");
    sim.until("RolledBack", 60);
    expect(sim.status.throughput?.requestsPerSecond).toBeCloseTo(80, 0);
    sim.pods = sim.pods.slice(count);
    for (let index = 0; index < count; index += 1) sim.addPod();
    expect(sim.run(60).status.rollback?.baseline).toBe("Confirmed");
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

describe("a load of which little is known", () => {
  const withoutSpan = (seconds: number, sim = simulationAt("AwaitingCutover", { spec: held })) => {
    const seen = sim.observation();
    const pods = seen.pods.ok ? seen.pods.value : [];
    const blinded = pods.map((pod): PodObservation => {
      if (!pod.status.ok) return pod;
      const { value } = pod.status;
      const windows = value.evidence.windows.filter((window) => window.seconds !== seconds);
      const evidence = seconds === 0 ? { ...value.evidence, closedAt: 0, bins: [] } : { ...value.evidence, windows };
      return { ...pod, status: { ok: true, value: { ...value, evidence } } };
    });
    const observation = { ...seen, pods: { ok: true as const, value: blinded } };
    const migration = { meta: sim.meta, spec: sim.spec, status: sim.status };
    return decide({ migration, observation, now: sim.now + 5000 }).status;
  };
  const held = aSpec({ ...shortPlan, cutover: { hold: true } });
  const promoted = () => {
    const sim = simulationAt("AwaitingCutover", { spec: held });
    sim.act("Promote");
    return sim;
  };

  it("that no pod tells of is not kept at the cutover", () => {
    expect(withoutSpan(300, promoted())).toMatchObject({ phase: "CuttingOver" });
    expect(withoutSpan(300, promoted())).not.toHaveProperty("throughput");
    expect(withoutSpan(1, promoted()).throughput?.requestsPerSecond).toBeCloseTo(60, -1);
  });

  it("holds the cutover while no pod tells of it in bins, as an older sidecar doesn't", () => {
    expect(withoutSpan(0, promoted())).toMatchObject({ phase: "AwaitingCutover" });
    expect(withoutSpan(0, promoted()).message).toContain("no pod has fresh evidence");
  });

  it("too thin to compare is resumed by any answer, and without one takes nothing back", () => {
    const thin = aSpec({ ...shortPlan, cutover: { hold: false, validationTimeout: "2m" } });
    const sim = simulationAt("CuttingOver", { spec: thin });
    sim.status = { ...sim.status, throughput: { requestsPerSecond: 0.05 } };
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.run(140);
    expect(sim.phase).toBe("CuttingOver");
    expect(sim.condition("Ready")).toBe("False/ThroughputUnknown");
    expect(sim.status.message).toContain("0 requests/s are answered");
    sim.traffic = () => ({ ...goodTraffic, rps: 0.2 });
    expect(sim.until("Guard", 60).phase).toBe("Guard");
  });
});

describe("a source that failed every request before the migration", () => {
  it("has no latency to speak of", () => {
    const sim = new Simulation({ spec });
    sim.traffic = () => ({ ...goodTraffic, errorShare: 1 });
    sim.until("WarmUp", 60);
    expect(sim.status.sourceBaseline).toMatchObject({ errorShare: 1 });
  });

  it("that nobody asked before is not compared after a rollback, without waiting", () => {
    const sim = new Simulation({ spec });
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.until("WarmUp", 60);
    sim.traffic = () => goodTraffic;
    sim.until("Guard", 3600).act("Rollback");
    sim.until("RolledBack", 60).run(10);
    expect(sim.status).not.toHaveProperty("sourceBaseline");
    expect(sim.status.rollback?.baseline).toBe("NotMeasured");
  });
});
