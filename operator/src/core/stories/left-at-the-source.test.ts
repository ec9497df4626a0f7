// Pods that never read the overlay of a rollback: who serves the source anyhow is named and not waited for any longer.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { answeredStatuses } from "../pods/pods.ts";

const ninety = aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, minAcknowledged: "90%" } });

function primaries(sim: Simulation): string[] {
  return answeredStatuses(sim.observation()).map(({ config }) => config.primary);
}

/** In the guard, with a first pod that the cutover left behind. */
function withFenced(): Simulation {
  const sim = simulationAt("AwaitingCutover", { spec: ninety, pods: 10 });
  sim.pod(0).stuck = true;
  return sim.until("Guard", 200);
}

describe("a pod that the cutover left behind", () => {
  it("holds a rollback up for as long as the deadline of a cutover may be, and is named at the end", () => {
    const sim = withFenced();
    sim.act("Rollback");
    sim.run(50);
    expect([sim.phase, sim.status.acks?.lagging]).toEqual(["RollingBack", ["pod-1"]]);
    expect(sim.status.message).toContain("9 of 10 pods follow; lagging: pod-1");
    sim.until("RolledBack", 30);
    expect(sim.status.message).toContain("9 of 10 pods follow; fenced, so at the source: pod-1");
    expect(new Set(primaries(sim))).toEqual(new Set(["source"]));
    expect(sim.pages).toEqual([]);
  });

  it("whose node is lost meanwhile doesn't hold a rollback up for good", () => {
    const sim = withFenced();
    Object.assign(sim.pod(0), { silent: true, nodeLost: true });
    sim.run(60).act("Rollback");
    sim.until("RolledBack", 120);
    expect(sim.status.message).toContain("pod-1");
  });

  it("holds a rollback up where it doesn't answer: its process may have begun anew and followed", () => {
    const sim = withFenced();
    sim.pod(0).silent = true;
    sim.run(60).act("Rollback");
    sim.run(3600);
    expect(sim.phase).toBe("RollingBack");
    expect(sim.pages).toContain("HoldOverdue");
  });

  it("is told of at once where it serves the destination after the rollback has ended", () => {
    const sim = withFenced();
    sim.pod(0).stuck = false;
    sim.run(20);
    sim.pod(0).stuck = true;
    sim.act("Rollback");
    sim.until("RolledBack", 120);
    expect(sim.pages).toEqual([]);
    sim.restart(sim.pod(0));
    sim.run(20);
    expect(primaries(sim)[0]).toBe("destination");
    expect(sim.pages).toEqual(["TwoPrimaries"]);
  });
});

it("a stuck pod that makes a cutover time out doesn't keep it from being tried again", () => {
  const sim = simulationAt("AwaitingCutover", { spec: aSpec(shortPlan), pods: 10 });
  sim.pod(0).stuck = true;
  sim.until("RollingBack", 300).until("AwaitingCutover", 120);
  expect(sim.said.find(({ reason }) => reason === "Retryable")?.message).toContain("fenced, so at the source: pod-1");
});

it("a pod on a lost node that had followed the cutover is waited for: it may serve the destination still", () => {
  const sim = simulationAt("Guard", { spec: ninety, pods: 10 });
  Object.assign(sim.pod(0), { silent: true, nodeLost: true });
  sim.run(60).act("Rollback");
  sim.run(600);
  expect(sim.phase).toBe("RollingBack");
});

it("a stuck pod doesn't keep a deleted migration from going", () => {
  const sim = simulationAt("Ramp", { spec: aSpec(shortPlan), pods: 3 });
  sim.pod(0).stuck = true;
  sim.meta = { ...sim.meta, deleting: true };
  sim.run(300);
  expect(sim.gone).toBe(true);
});

describe("a rollback whose overlay the API server refuses", () => {
  it("isn't over while the volume of every pod that starts would hold the cutover", () => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec(shortPlan), pods: 3 });
    for (const pod of sim.pods) pod.stuck = true;
    sim.until("CuttingOver", 300);
    sim.reconcile();
    sim.refusesEffects = true;
    sim.until("RollingBack", 300);
    sim.run(600);
    expect(sim.phase).toBe("RollingBack");
    sim.refusesEffects = false;
    sim.until("AwaitingCutover", 120);
    expect(new Set(primaries(sim))).toEqual(new Set(["source"]));
  });

  it("isn't over while every pod samples the destination on", () => {
    const sim = simulationAt("Ramp", { spec: aSpec(shortPlan), pods: 3 });
    sim.refusesEffects = true;
    sim.act("Abort");
    sim.run(600);
    expect(sim.phase).toBe("RollingBack");
    sim.refusesEffects = false;
    sim.until("RolledBack", 120);
    expect(answeredStatuses(sim.run(20).observation()).map(({ config }) => config.sampleRate)).toEqual([0, 0, 0]);
  });
});

it("a pod that the cutover left behind and that followed later is waited for once its node is lost", () => {
  const sim = withFenced();
  sim.restart(sim.pod(0));
  sim.pod(0).stuck = false;
  sim.run(60);
  expect(primaries(sim)[0]).toBe("destination");
  Object.assign(sim.pod(0), { silent: true, nodeLost: true });
  sim.run(60).act("Rollback");
  sim.run(600);
  expect(sim.phase).toBe("RollingBack");
});
