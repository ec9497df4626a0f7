// Others change the same things, statuses are lost or refused, and reads fail.

import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import type { OverlayObservation } from "../model/workload.ts";

const spec = aSpec(shortPlan);
const lateAtOnce = { ...shortPlan.rollback, verifyDriftAfter: "1s" };
const sampling = ["Preflight", "AwaitingApproval", "WarmUp", "Ramp", "AwaitingCutover"] satisfies Phase[];

describe("the base names another store while the migration runs", () => {
  it.each(sampling)("in %s: SourceChanged, held until it is put back", (phase) => {
    const sim = simulationAt(phase, { spec });
    const { base } = sim;
    sim.base = destinationIdentity;
    sim.run(600);
    expect(sim.phase).toBe(phase);
    expect(sim.condition("Ready")).toBe("False/SourceChanged");
    expect(sim.status.message).toContain("put it back");
    sim.base = base;
    sim.until("Completed", 3600);
  });

  it("in a cutover that no pod has followed: held, and written once in two windows, however often it is looked at", () => {
    const sim = simulationAt("CuttingOver", { spec });
    for (const pod of sim.pods) pod.stuck = true;
    sim.base = destinationIdentity;
    sim.run(120);
    const { writes } = sim;
    sim.run(600);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["CuttingOver", "False/SourceChanged"]);
    expect(sim.writes - writes).toBeLessThanOrEqual(600 / 20);
  });

  it("after Completed it is what was asked for: no warning", () => {
    const sim = simulationAt("Completed", { spec });
    sim.base = destinationIdentity;
    sim.run(120);
    expect(sim.said.filter(({ type }) => type === "Warning")).toEqual([]);
    expect(sim.condition("RollbackReady")).toBeUndefined();
  });

  it("after the overlay was released but before it was removed: it stays until the base is right again", () => {
    const sim = simulationAt("Completed", { spec });
    const { base } = sim;
    sim.base = destinationIdentity;
    sim.runWhile(() => sim.status.revision?.released !== true, 60);
    sim.base = base;
    sim.run(120);
    expect(sim.overlay).not.toBeNull();
    expect(sim.condition("Settled")).toBe("False/BaseNotUpdated");
  });
});

describe("a status that can't be written", () => {
  it("while rolling back: the overlay is written all the same, and the next pass takes it up from there", () => {
    const sim = simulationAt("Guard", { spec }).run(30);
    sim.refusesStatus = true;
    sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 1 : 0 });
    sim.run(60);
    expect(sim.phase).toBe("Guard");
    expect(sim.overlay?.document).toMatchObject({ primary: "source", shadow: "none" });
    expect(sim.overlay?.intent?.rollback?.reason).toBe("HarmSevere");
    const epoch = sim.overlay?.document?.revision.epoch;
    sim.refusesStatus = false;
    sim.traffic = () => goodTraffic;
    sim.until("RolledBack", 60);
    expect(sim.status.epoch).toBe(epoch);
    expect(sim.status.rollback).toMatchObject({ reason: "HarmSevere", from: "Guard" });
    expect(sim.pages).toEqual(["RollbackAdopted"]);
  });

  it("in any forward step: nothing is done", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.refusesStatus = true;
    sim.run(60);
    expect(sim.overlay?.document?.primary).toBe("source");
    sim.refusesStatus = false;
    sim.until("Guard", 60);
  });
});

describe("an overlay taken over during the cutover", () => {
  it("is taken back by the rollback after ackTimeout: two primaries must not wait", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.seizeOverlay("helm");
    sim.run(30);
    expect(sim.condition("Ready")).toBe("False/OwnershipConflict");
    sim.until("AwaitingCutover", 120);
    expect(sim.status.takenBack?.reason).toBe("AckTimeout");
    expect(sim.overlay?.foreignManagers).toEqual([]);
  });
});

/** As a restore leaves it: what it says is ours, but another manager has its keys. */
function share(sim: Simulation, more: Partial<OverlayObservation> = {}): void {
  if (sim.overlay === null) throw new Error("no overlay to share");
  sim.overlay = { ...sim.overlay, foreignManagers: ["velero-server"], ...more };
}

describe("an overlay that was restored as it was, under another field manager", () => {
  const asking = aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, hold: true } });
  it.each(["AwaitingApproval", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"] satisfies Phase[])(
    "in %s: the next configuration takes it over, and nothing is held",
    (phase) => {
      const sim = simulationAt(phase, { spec });
      share(sim);
      sim.until("Completed", 3600);
      expect(sim.said.filter(({ reason }) => reason === "OwnershipConflict")).toEqual([]);
      expect(sim.overlay?.foreignManagers).toEqual([]);
    },
  );

  it("without our finalizer and intent: it gets them back at once", () => {
    const sim = simulationAt("Ramp", { spec });
    share(sim, { hasFinalizer: false, intent: null });
    sim.run(10);
    expect(sim.overlay).toMatchObject({ hasFinalizer: true, intent: { epoch: sim.status.epoch } });
    sim.until("Completed", 3600);
  });

  it("and written again after the cutover was decided: the conflict is told at once, and nothing is forced", () => {
    const sim = simulationAt("AwaitingCutover", { spec: asking });
    share(sim);
    sim.act("Promote");
    sim.refusesEffects = true;
    sim.reconcile();
    expect(sim.phase).toBe("CuttingOver");
    share(sim);
    sim.refusesEffects = false;
    sim.run(10);
    expect(sim.condition("Ready")).toBe("False/OwnershipConflict");
    expect(sim.overlay?.document?.primary).toBe("source");
  });

  it("is taken over in a later pass as well, where the first could not write", () => {
    const sim = simulationAt("AwaitingCutover", { spec: asking });
    share(sim);
    sim.act("Promote");
    sim.refusesEffects = true;
    sim.run(30);
    sim.refusesEffects = false;
    sim.until("Guard", 60);
    expect(sim.overlay?.foreignManagers).toEqual([]);
  });
});

describe("an older status was restored", () => {
  it("TimeTravel: held, and an Abort returns to the source with a later epoch", () => {
    const sim = simulationAt("Ramp", { spec });
    const old = sim.status;
    sim.until("Guard", 900);
    const { epoch } = sim.status;
    sim.status = old;
    sim.run(60);
    expect(sim.condition("Ready")).toBe("False/TimeTravel");
    expect(sim.overlay?.document?.primary).toBe("destination");
    sim.act("Abort");
    sim.until("RolledBack", 60);
    expect(sim.status.epoch).toBeGreaterThan(epoch);
  });

  it("and an older overlay, which a pod that restarts follows: two primaries page once, and an Abort compares all", () => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, rollback: lateAtOnce }) });
    const [old, overlay] = [sim.status, sim.overlay];
    sim.until("Guard", 900).run(60);
    const served = Date.parse(sim.status.cutoverAt ?? "");
    sim.status = old;
    sim.overlay = overlay;
    sim.run(30);
    expect([sim.condition("Ready"), sim.pages]).toEqual(["False/TimeTravel", []]);
    sim.restart(sim.pod(0));
    sim.run(120);
    expect(sim.condition("Ready")).toBe("False/TwoPrimaries");
    expect(sim.pages.filter((reason) => reason === "TwoPrimaries")).toHaveLength(1);
    expect(sim.status.message).toMatch(/^held: pod-1 serves from the source and pod-2, pod-3 from the destination/);
    sim.act("Abort");
    sim.until("RolledBack", 200);
    expect(sim.condition("DriftResolved")).toBe("True/Equal");
    expect(Date.parse(sim.status.verification?.runs[0]?.since ?? "")).toBeLessThan(served);
  });

  it.each([
    [3, "False/Propagating", "tickets"],
    [4, "False/TwoPrimaries", "pages"],
  ] as const)("and %i pods of ten keep the destination: %s, and it is told once", (few, ready, told) => {
    const sim = simulationAt("AwaitingCutover", { spec, pods: 10 });
    const [old, overlay] = [sim.status, sim.overlay];
    sim.until("Guard", 900).run(60);
    sim.status = old;
    sim.overlay = overlay;
    for (const pod of sim.pods.slice(few)) sim.restart(pod);
    sim.run(120);
    expect(sim.condition("Ready")).toBe(ready);
    expect(sim.run(600)[told].filter((reason) => reason === "TwoPrimaries")).toHaveLength(1);
  });

  it("an overlay that went after the pods took a rollback doesn't come back as what it was before", () => {
    const sim = simulationAt("Guard", { spec });
    sim.refusesStatus = true;
    sim.act("Rollback");
    sim.run(30);
    sim.overlay = null;
    sim.acts = [];
    sim.refusesStatus = false;
    sim.run(60);
    expect(sim.overlay).toBeNull();
    expect(sim.condition("Ready")).toBe("False/TimeTravel");
    expect(sim.isQuiet()).toBe(true);
    sim.act("Abort");
    sim.until("RolledBack", 600);
  });

  it("TimeTravel is seen from the pods as well", () => {
    const sim = simulationAt("WarmUp", { spec }).run(20);
    const { status } = sim;
    sim.until("Ramp", 900).run(20);
    sim.status = status;
    sim.unreadable.add("overlay");
    sim.reconcile();
    expect(sim.condition("Ready")).toBe("False/TimeTravel");
    expect(sim.status.message).toContain("at a later epoch");
  });

  it("to nothing at all: an overlay in force keeps it from starting anew", () => {
    const sim = simulationAt("Guard", { spec });
    sim.status = new Simulation().status;
    sim.run(60);
    expect(sim.phase).toBe("Pending");
    expect(sim.condition("Ready")).toBe("False/OverlayInForce");
    expect(sim.overlay?.document?.primary).toBe("destination");
  });
});

describe("reads that fail", () => {
  it.each(["target", "overlay", "pods", "acts"] as const)("%s: nothing moves forward", (part) => {
    const sim = simulationAt("Ramp", { spec });
    sim.unreadable.add(part);
    sim.run(900);
    expect(sim.phase).toBe("Ramp");
    expect(sim.condition("Ready")).toBe("False/NotObserved");
    expect(sim.status.message).toContain(`waiting to read ${part} (timed out)`);
    sim.unreadable.clear();
    sim.until("Completed", 3600);
  });

  it("pods: lose no evidence and count none twice", () => {
    const sim = simulationAt("Ramp", { spec }).run(20);
    sim.unreadable.add("pods");
    sim.run(20);
    sim.unreadable.clear();
    sim.run(10);
    expect(sim.status.evidence).toMatchObject({ vanishedPods: 0 });
    expect(sim.status.evidence?.groups.map(({ processes }) => processes.length)).toEqual([1, 1, 1]);
  });

  it("don't stop harm from being acted on", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    sim.unreadable.add("target");
    sim.unreadable.add("acts");
    sim.unreadable.add("overlay");
    sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 1 : 0 });
    expect(sim.until("RolledBack", 60).status.rollback?.reason).toBe("HarmSevere");
  });

  it("a rollback needs no answer of the overlay to write it", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    sim.act("Rollback");
    sim.reconcile();
    sim.unreadable.add("overlay");
    expect(sim.reconcile().effects.map(({ kind }) => kind)).toContain("applyOverlay");
  });

  it.each(["pods", "overlay", "target"] as const)(
    "%s in CuttingOver: goes back after ackTimeout, seen or not",
    (part) => {
      const sim = simulationAt("CuttingOver", { spec });
      sim.pod(0).stuck = true;
      sim.unreadable.add(part);
      sim.until("RollingBack", 120);
      expect(sim.status.rollback?.reason).toBe("AckTimeout");
      expect(sim.overlay?.document?.primary).toBe("source");
    },
  );

  it("pods while they lag: the delay isn't forgotten", () => {
    const sim = simulationAt("AwaitingApproval", { spec });
    sim.pod(0).stuck = true;
    sim.until("WarmUp", 10);
    sim.run(70);
    sim.unreadable.add("pods");
    sim.run(10);
    expect(sim.condition("ConfigPropagated")).toBe("False/AckTimeout");
    sim.unreadable.clear();
    sim.run(10);
    expect(sim.tickets).toEqual(["AckTimeout"]);
  });
});

describe("two migrations on one target", () => {
  it("the later one is refused until the first has settled, and the first leaves it alone then", () => {
    const first = simulationAt("Guard", { spec });
    const second = new Simulation({ spec, uid: "migration-2" });
    const claim = () => ({
      name: "first",
      uid: first.meta.uid,
      createdAt: first.meta.createdAt,
      phase: first.phase,
      accepted: true,
      settled: first.condition("Settled") === "True/Settled",
    });
    second.claims = [claim()];
    second.run(60);
    expect(second.condition("Stalled")).toBe("True/TargetClaimed");
    expect(second.status.message).toContain("migration first (Guard) has this target");
    expect(second.applied).toEqual([]);

    first.act("Abort");
    first.until("RolledBack", 60);
    first.run(60);
    expect(first.condition("Settled")).toBe("True/Settled");
    second.claims = [claim()];
    second.until("Ramp", 900);
    // The first reconciles again, with the second's overlay in force.
    first.overlay = second.overlay;
    first.pods = second.pods;
    expect(first.isQuiet()).toBe(true);
  });

  it("a finished one that hadn't settled yet gives way to the overlay of a later one", () => {
    const first = simulationAt("Guard", { spec });
    first.act("Abort");
    first.until("RolledBack", 60);
    const second = simulationAt("Guard", { spec, uid: "migration-2" });
    first.overlay = second.overlay;
    first.pods = second.pods;
    first.run(60);
    expect(first.overlay?.text).toBe(second.overlay?.text);
    expect(first.condition("Settled")).toBe("True/Settled");
    first.delete();
    first.run(5);
    expect(first.overlay?.text).toBe(second.overlay?.text);
  });
});
