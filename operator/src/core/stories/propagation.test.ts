// Pods that don't follow, pods that aren't there, and an overlay that others touch.

import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { wayForward } from "#test/builders/phases.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec(shortPlan);

function stuckFrom(phase: Phase): Simulation {
  const sim = simulationAt(phase, { spec });
  sim.pod(1).stuck = true;
  return sim;
}

describe("a leader that goes between the status and the overlay of a cutover", () => {
  const unwritten = (seconds: number, plan = spec) => {
    const sim = simulationAt("AwaitingCutover", { spec: plan });
    sim.refusesEffects = true;
    sim.until("CuttingOver", 60);
    sim.now += seconds * 1000;
    sim.refusesEffects = false;
    return sim;
  };

  it.each([5, 29, 31, 59, 61, 119, 121, 300])(
    "for %s s: the pods' time begins with the next one, and all follow",
    (away) => {
      const sim = unwritten(away);
      expect(sim.until("Guard", 60).status.cutover).toBeUndefined();
      expect(sim.status.acks).toMatchObject({ pods: 3, matched: 3, lagging: [] });
      expect([sim.pages, sim.tickets]).toEqual([[], []]);
    },
  );

  it("for hours: goes back, and waits for a Retry", () => {
    const sim = unwritten(6 * 3600);
    sim.until("AwaitingCutover", 300).run(600);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["AwaitingCutover", "True/Retryable"]);
    expect(sim.story).not.toContain("Guard");
    expect([sim.pages, sim.tickets]).toEqual([[], ["AckTimeout", "Retryable"]]);
    sim.act("Retry");
    sim.until("Guard", 300);
  });

  it("for a minute in which the window closes: goes back, since nothing cuts over outside of it", () => {
    const closesAt = Math.ceil(simulationAt("AwaitingCutover", { spec }).now / 60_000 + 1) * 60_000;
    const end = new Date(closesAt).toISOString().slice(11, 16);
    const window = { timeZone: "UTC", days: ["Sun" as const], start: "00:00", end };
    const sim = unwritten(0, aSpec({ ...shortPlan, checklist: { ...onlyReachable, window } }));
    sim.now = closesAt + 5000;
    sim.until("RollingBack", 60);
    expect(sim.status.rollback?.causes[0]).toContain("wasn't written in time; outside the window");
  });
});

describe("a pod that never acknowledges", () => {
  it("in WarmUp: the stage's clock never starts, and it opens a ticket", () => {
    const sim = stuckFrom("AwaitingApproval").until("WarmUp", 60);
    sim.run(900);
    expect(sim.phase).toBe("WarmUp");
    expect(sim.status.stage?.startedAt).toBeUndefined();
    expect([sim.pages, sim.tickets]).toEqual([[], ["AckTimeout"]]);
    expect(sim.status.message).toContain("lagging: pod-2");
    expect(sim.condition("Ready")).toBe("False/Propagating");
  });

  it("in CuttingOver: goes back after ackTimeout", () => {
    const sim = stuckFrom("AwaitingCutover").until("CuttingOver", 60);
    const at = sim.now;
    sim.until("RollingBack", 120);
    expect((sim.now - at) / 1000).toBeGreaterThan(60);
    expect(sim.status.rollback).toMatchObject({ reason: "AckTimeout", from: "CuttingOver" });
    expect([sim.pages, sim.tickets]).toEqual([[], ["AckTimeout"]]);
    sim.pod(1).stuck = false;
    sim.until("AwaitingCutover", 120);
  });

  it("in CuttingOver, seen first after hours without an operator: has its time from then on", () => {
    for (const awayAfter of [0, 20]) {
      const sim = stuckFrom("AwaitingCutover").until("CuttingOver", 60).run(awayAfter);
      sim.pod(1).stuck = false;
      sim.now += 6 * 3_600_000;
      sim.pod(1).silent = true;
      sim.run(30);
      expect([sim.phase, sim.condition("ConfigPropagated")]).toEqual(["CuttingOver", "False/Propagating"]);
      sim.pod(1).silent = false;
      sim.until("Guard", 60);
      expect(sim.status.cutover).toBeUndefined();
    }
  });

  it("in CuttingOver, unseen for longer than ackTimeout since the operator came back: goes back then", () => {
    const sim = stuckFrom("AwaitingCutover").until("CuttingOver", 60);
    sim.now += 6 * 3_600_000;
    const at = sim.now;
    sim.until("RollingBack", 200);
    expect((sim.now - at) / 1000).toBeGreaterThan(60);
    expect((sim.now - at) / 1000).toBeLessThan(75);
  });

  it("in CuttingOver, with pods that can't be listed at first: waits until they can", () => {
    const sim = stuckFrom("AwaitingCutover").until("CuttingOver", 60).run(20);
    sim.pod(1).stuck = false;
    sim.now += 6 * 3_600_000;
    sim.unreadable.add("pods");
    sim.run(20);
    sim.unreadable.clear();
    expect(sim.until("Guard", 60).status.cutover).toBeUndefined();
  });

  it("in CuttingOver with an ackTimeout of ten minutes: is seen without a gap, and goes back by then", () => {
    const cutover = { ...shortPlan.cutover, ackTimeout: "10m" };
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover }) });
    sim.pod(1).stuck = true;
    sim.until("CuttingOver", 60).unreadable.add("pods");
    const { writes } = sim;
    sim.run(590);
    expect([sim.phase, sim.writes - writes]).toSatisfy(
      ([phase, count]) => phase === "CuttingOver" && Number(count) <= 60,
    );
    sim.until("RollingBack", 30);
  });

  it("in RollingBack: keeps at it, pages once and names the pod; ends when the pod follows", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    sim.pod(1).stuck = true;
    sim.act("Rollback");
    sim.run(900);
    expect(sim.phase).toBe("RollingBack");
    expect(sim.pages).toEqual(["AckTimeout"]);
    expect(sim.status.message).toContain("pod-2");
    sim.pod(1).stuck = false;
    sim.until("RolledBack", 60);
  });

  it("on a lost node is listed apart", () => {
    const sim = stuckFrom("AwaitingApproval").until("WarmUp", 60);
    sim.pod(1).nodeLost = true;
    sim.pod(1).silent = true;
    sim.run(30);
    expect(sim.status.acks).toMatchObject({ lagging: [], lost: ["pod-2"] });
    expect(sim.status.message).toContain("on lost nodes: pod-2");
  });
});

describe("a pod that comes late", () => {
  it("gets its own ackTimeout: a scale-up in the guard doesn't page", () => {
    const sim = simulationAt("Guard", { spec }).run(120);
    sim.addPod("pod-4").followMs = 40_000;
    sim.until("Completed", 900);
    expect(sim.pages).toEqual([]);
  });

  it("one missed answer long after the cutover doesn't roll a cutover back", () => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) });
    sim.act("Promote");
    sim.until("CuttingOver", 30);
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.run(90);
    sim.pod(0).silent = true;
    sim.run(10);
    sim.pod(0).silent = false;
    sim.run(10);
    expect(sim.phase).toBe("CuttingOver");
  });
});

describe("without requests after the cutover", () => {
  it("goes back after validationTimeout when there had been traffic before", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.until("AwaitingCutover", 600);
    expect(sim.status.takenBack?.reason).toBe("ValidationTimeout");
  });

  it("goes on when there had hardly been any", () => {
    const quiet = aSpec({
      ...shortPlan,
      stages: [{ sampleRate: 1, minDuration: "2m", minSamples: 1 }],
      guard: { duration: "1m", deadline: "2m", minSamples: 0 },
    });
    const sim = simulationAt("WarmUp", { spec: quiet, reconcileSeconds: 50 });
    sim.traffic = () => ({ ...goodTraffic, rps: 0.003 });
    expect(sim.until("Guard", 20_000).status.cutoverAt).toBeDefined();
  });
});

describe("zero pods", () => {
  const waiting = wayForward.filter((phase) => phase !== "CuttingOver" && phase !== "Completed");
  it.each<Phase>([...waiting, "RollingBack"])("in %s: an empty set is unknown, so nothing advances", (phase) => {
    const sim = simulationAt(phase === "RollingBack" ? "Guard" : phase, { spec });
    if (phase === "RollingBack") {
      sim.act("Rollback");
      sim.reconcile();
    }
    const { epoch } = sim.status;
    sim.pods = [];
    sim.run(900);
    expect(sim.phase).toBe(phase);
    expect(sim.status.epoch).toBe(epoch);
    expect(sim.status.message).toContain("empty set is unknown");
  });

  it("in CuttingOver: goes back after ackTimeout and waits there", () => {
    const sim = simulationAt("CuttingOver", { spec });
    sim.pods = [];
    sim.run(900);
    expect(sim.phase).toBe("RollingBack");
    expect(sim.status.rollback?.reason).toBe("AckTimeout");
  });
});

describe("an overlay that others touch", () => {
  it("deleted by hand in the guard: the pods serve on and it is restored", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    const text = sim.overlay?.text;
    sim.dropOverlay();
    sim.run(10);
    expect(sim.overlay?.text).toBe(text);
    expect(sim.phase).toBe("Guard");
    expect(sim.status.message).toContain("guarding");
  });

  it("being deleted: our finalizer lets it go and it is written again", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    if (sim.overlay !== null) sim.overlay = { ...sim.overlay, deleting: true };
    expect(sim.reconcile().effects.map(({ kind }) => kind)).toEqual(["removeOverlay", "applyOverlay"]);
    expect(sim.overlay).toMatchObject({ deleting: false, hasFinalizer: true });
  });

  it("changed by another manager: OwnershipConflict, held, and a rollback takes it back by force", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    sim.seizeOverlay("helm");
    sim.run(60);
    expect(sim.overlay?.foreignManagers).toEqual(["helm"]);
    expect(sim.condition("Ready")).toBe("False/OwnershipConflict");
    sim.act("Rollback");
    sim.until("RolledBack", 60);
    expect(sim.overlay?.foreignManagers).toEqual([]);
  });

  it("owned by another manager but with our words is left alone", () => {
    const sim = simulationAt("Guard", { spec }).run(20);
    const { overlay } = sim.observation();
    sim.seizeOverlay("argocd", overlay.ok ? overlay.value?.text : undefined);
    const decision = sim.decideNow();
    expect(decision.effects).toEqual([]);
  });
});
