// Deletion in every phase: the finalizer goes only when the pods are safe, and it always goes.

import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";

const policies = ["Rollback", "Keep"] as const;
const before = ["Preflight", "AwaitingApproval", "WarmUp", "Ramp", "AwaitingCutover"] satisfies Phase[];
const past = ["CuttingOver", "Guard"] satisfies Phase[];
const cases = (phases: readonly Phase[]) =>
  phases.flatMap((phase) => policies.map((policy) => [phase, policy] as const));

function at(phase: Phase, deletionPolicy: "Rollback" | "Keep" = "Rollback"): Simulation {
  return simulationAt(phase, { spec: aSpec({ ...shortPlan, deletionPolicy }) });
}

function deleted(sim: Simulation): Simulation {
  sim.delete();
  return sim;
}

/** Pods whose primary is the destination. */
function onDestination(sim: Simulation): number {
  const { pods } = sim.observation();
  return pods.ok
    ? pods.value.filter(({ status }) => status.ok && status.value.config.primary === "destination").length
    : 0;
}

describe("deleted with its pods there", () => {
  it.each(cases(before))("in %s with policy %s: back to the base, nothing left", (phase, policy) => {
    const sim = deleted(at(phase, policy)).run(120);
    expect(sim.gone).toBe(true);
    expect(sim.overlay).toBeNull();
    expect(sim.status).toMatchObject({ phase: "RolledBack", rollback: { reason: "Deleted" } });
    expect(sim.pages).toEqual([]);
  });

  it.each(past)("in %s with policy Rollback: every pod is back at the source before it goes", (phase) => {
    const sim = at(phase).run(phase === "Guard" ? 20 : 0);
    sim.delete();
    sim.runWhile(() => !sim.gone, 300);
    expect(onDestination(sim)).toBe(0);
    expect(sim.overlay).toBeNull();
  });

  it.each(past)("in %s with policy Keep: what it configured stays", (phase) => {
    const sim = deleted(at(phase, "Keep")).run(60);
    expect(sim.gone).toBe(true);
    expect(sim.overlay).toMatchObject({ hasFinalizer: false, document: { primary: "destination" } });
  });

  it("in the guard with policy Keep, but after a person's Rollback: the rollback wins", () => {
    const sim = at("Guard", "Keep").run(20);
    sim.act("Rollback");
    sim.delete();
    sim.runWhile(() => !sim.gone, 300);
    expect(sim.status.rollback?.reason).toBe("RollbackRequested");
    expect(onDestination(sim)).toBe(0);
  });

  it("in Pending: goes at once, it never had a finalizer", () => {
    expect(deleted(new Simulation({ pods: 0 }).run(10)).gone).toBe(true);
  });

  it.each(policies)("after Completed with policy %s, base not updated: nothing changes for the pods", (policy) => {
    const sim = deleted(at("Completed", policy).run(20)).run(60);
    expect(sim.gone).toBe(true);
    expect(sim.overlay).toMatchObject({ hasFinalizer: false, document: { primary: "destination" } });
    expect(onDestination(sim)).toBe(3);
  });

  it("after Completed, base updated: the overlay is released and removed first", () => {
    const sim = at("Completed").run(20);
    sim.base = destinationIdentity;
    sim.delete();
    sim.runWhile(() => !sim.gone, 300);
    expect(sim.story).toContain("released");
    expect(sim.overlay).toBeNull();
  });

  it("after it was settled: goes at once, whoever has the target now", () => {
    const sim = at("Completed").run(20);
    sim.base = destinationIdentity;
    sim.runWhile(() => !sim.condition("Settled")?.startsWith("True"), 300);
    sim.meta = { ...sim.meta, finalizers: ["retriever.dev/settle"] };
    sim.delete();
    sim.unreadable.add("overlay");
    sim.run(5);
    expect(sim.gone).toBe(true);
  });
});

describe("deleted while a pod doesn't answer", () => {
  it("in the guard: the finalizer stays until that pod is back at the source", () => {
    const sim = at("Guard").run(20);
    sim.pod(0).stuck = true;
    sim.delete();
    sim.run(900);
    expect(sim.gone).toBe(false);
    expect(sim.status.message).toContain("pod-1");
    sim.pod(0).stuck = false;
    sim.runWhile(() => !sim.gone, 120);
  });

  it("after Completed: waits for its answer, then leaves the overlay rather than guess", () => {
    const sim = at("Completed").run(20);
    sim.base = destinationIdentity;
    sim.pod(0).silent = true;
    sim.delete();
    sim.run(30);
    expect(sim.gone).toBe(false);
    expect(sim.status.message).toContain("waiting for every pod");
    sim.run(120);
    expect(sim.gone).toBe(true);
    expect(sim.overlay?.hasFinalizer).toBe(false);
  });

  it("after Completed without a pod that was left behind: goes after ackTimeout, and that pod stays at the source", () => {
    const cutover = { ...shortPlan.cutover, minAcknowledged: 2 };
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover }) });
    sim.pod(0).stuck = true;
    sim.until("Completed", 3600).run(20);
    sim.delete();
    sim.runWhile(() => !sim.gone, 120);
    expect(onDestination(sim)).toBe(2);
    expect(sim.overlay).toMatchObject({ hasFinalizer: false, document: { primary: "destination", shadow: "none" } });
    sim.pod(0).stuck = false;
    sim.restart(sim.pod(0));
    sim.now += 10_000;
    sim.advance();
    expect(onDestination(sim)).toBe(3);
  });

  it("after RolledBack: a pod that falls silent doesn't keep it for ever", () => {
    const sim = at("Guard").run(20);
    sim.act("Abort");
    sim.until("RolledBack", 60);
    sim.pod(0).silent = true;
    sim.delete();
    sim.run(180);
    expect(sim.gone).toBe(true);
  });
});

describe("deleted without pods", () => {
  it.each([...before, ...past, "RollingBack"] satisfies Phase[])("in %s, scaled to zero: never stuck", (phase) => {
    const sim = at(phase === "RollingBack" ? "Guard" : phase);
    if (phase === "RollingBack") sim.act("Abort");
    sim.reconcile();
    sim.pods = [];
    if (sim.target.found) sim.target = { ...sim.target, replicas: 0 };
    deleted(sim).run(30);
    expect(sim.gone).toBe(true);
    expect(sim.overlay).toBeNull();
  });

  it.each([...before, ...past] satisfies Phase[])(
    "in %s, with pods that don't start: goes after ackTimeout",
    (phase) => {
      const sim = at(phase);
      for (const pod of sim.pods) pod.sidecarRunning = false;
      deleted(sim).run(30);
      expect(sim.gone).toBe(false);
      sim.run(240);
      expect(sim.gone).toBe(true);
      expect(sim.overlay).toBeNull();
    },
  );

  it.each(["Guard", "Completed"] satisfies Phase[])("in %s, target gone", (phase) => {
    const sim = at(phase);
    sim.target = { found: false, namespaceTerminating: false };
    sim.pods = [];
    expect(deleted(sim).run(30).gone).toBe(true);
    // A finished one might be recreated under its name: it must not come back to the old store.
    expect(sim.overlay === null).toBe(phase === "Guard");
  });

  it("in the guard, namespace terminating: neither finalizer holds it up", () => {
    const sim = at("Guard");
    sim.target = { found: false, namespaceTerminating: true };
    expect(deleted(sim).run(30).gone).toBe(true);
    expect(sim.overlay).toBeNull();
  });

  it("after Completed, scaled to zero: the overlay stays, so that new pods don't start on the old store", () => {
    const sim = at("Completed").run(20);
    sim.pods = [];
    if (sim.target.found) sim.target = { ...sim.target, replicas: 0 };
    expect(deleted(sim).run(30).gone).toBe(true);
    expect(sim.overlay).toMatchObject({ hasFinalizer: false });
  });

  it("after RolledBack, scaled to zero: nothing is left", () => {
    const sim = at("Guard");
    sim.act("Abort");
    sim.until("RolledBack", 60);
    sim.pods = [];
    if (sim.target.found) sim.target = { ...sim.target, replicas: 0 };
    expect(deleted(sim).run(30).gone).toBe(true);
    expect(sim.overlay).toBeNull();
  });
});

describe("deleted while something can't be read", () => {
  it.each(["overlay", "pods", "target"] as const)("%s: waits for the reconcile, then goes", (part) => {
    const sim = at("Completed").run(20);
    sim.base = destinationIdentity;
    sim.unreadable.add(part);
    deleted(sim).run(30);
    // The target's answer isn't needed to go.
    expect(sim.gone).toBe(part === "target");
    sim.unreadable.clear();
    sim.run(120);
    expect(sim.gone).toBe(true);
  });

  it("in the guard the overlay: rolls back all the same", () => {
    const sim = at("Guard").run(20);
    sim.unreadable.add("overlay");
    deleted(sim).run(30);
    expect(sim.status.phase).toBe("RolledBack");
    expect(sim.gone).toBe(false);
    sim.unreadable.clear();
    sim.runWhile(() => !sim.gone, 120);
  });

  it("the overlay was deleted by hand after Completed: nothing is left to do", () => {
    const sim = at("Completed").run(20);
    sim.overlay = null;
    expect(deleted(sim).run(30).gone).toBe(true);
  });
});
