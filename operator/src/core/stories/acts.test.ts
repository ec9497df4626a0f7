// What people ask for, in every phase.

import type { Act } from "@retriever/crds/migration.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { underWay } from "#test/builders/phases.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec({ ...shortPlan, cutover: { hold: true } });
const auto = aSpec(shortPlan);
const stoppable = underWay.filter((phase) => phase !== "CuttingOver");

describe.each(["Abort", "Rollback"] satisfies Act[])("%s", (act) => {
  it.each(underWay)("in %s returns every pod to the source and ends RolledBack with the person's name", (phase) => {
    const sim = simulationAt(phase, { spec: auto });
    sim.act(act, { reason: "too early" });
    sim.until("RolledBack", 60);
    const reason = act === "Abort" ? "Aborted" : "RollbackRequested";
    expect(sim.story).toContain(`RollingBack: source+none@0 because ${reason}`);
    expect(sim.status.rollback).toMatchObject({ actor: "ada", causes: [`${act} by ada: too early`] });
    sim.run(60);
    expect(sim.condition("Ready")).toBe(`True/${reason}`);
    expect(sim.condition("Succeeded")).toBe(`False/${reason}`);
    expect(sim.condition("Stalled")).toBeUndefined();
    expect(sim.pages).toEqual([]);
    expect(sim.isQuiet()).toBe(true);
  });

  it("in Pending ends RolledBack without having written anything", () => {
    const sim = new Simulation({ spec: auto, pods: 0 });
    sim.run(20);
    sim.act(act);
    sim.run(60);
    expect(sim.story).toBe(`RolledBack: nothing written because ${act === "Abort" ? "Aborted" : "RollbackRequested"}`);
    expect(sim.applied).toEqual(["pruneActs"]);
    expect(sim.isQuiet()).toBe(true);
  });

  it("stays latched when the act is deleted again", () => {
    const sim = simulationAt("Guard", { spec: auto });
    sim.act(act);
    sim.unreadable.add("acts");
    sim.reconcile();
    sim.unreadable.clear();
    sim.reconcile();
    sim.acts = [];
    expect(sim.until("RolledBack", 60).status.rollback?.actor).toBe("ada");
  });

  it("on a finished migration has no effect and says so", () => {
    const sim = simulationAt("Completed", { spec: auto });
    sim.act(act);
    sim.run(60);
    expect(sim.phase).toBe("Completed");
    expect(sim.said.at(-1)).toMatchObject({ reason: "ActRefused" });
    expect(sim.said.at(-1)?.message).toContain("never runs again");
  });
});

describe("Pause", () => {
  it.each(stoppable)("in %s stops progress until a Resume", (phase) => {
    const sim = simulationAt(phase, { spec: auto });
    sim.act("Pause");
    sim.run(900);
    expect(sim.phase).toBe(phase);
    expect(sim.condition("Ready")).toBe("True/Paused");
    expect(sim.condition("Paused")).toBe("True/PausedByPerson");
    expect(sim.status.message).toContain("Resume");
    sim.act("Resume");
    sim.until("Completed", 3600);
  });

  it("in CuttingOver waits until the cutover is finished", () => {
    const sim = simulationAt("CuttingOver", { spec: auto });
    sim.act("Pause");
    sim.run(600);
    expect(sim.phase).toBe("Guard");
    expect(sim.condition("Ready")).toBe("True/Paused");
  });

  it("in Pending keeps it from being accepted", () => {
    const sim = new Simulation({ spec: auto });
    sim.act("Pause");
    sim.run(60);
    expect(sim.phase).toBe("Pending");
    sim.act("Resume");
    sim.until("Preflight", 60);
  });

  it("in the guard counts no time at all and writes nothing while it lasts", () => {
    const sim = simulationAt("Guard", { spec: auto }).run(60);
    sim.act("Pause");
    sim.run(10);
    const { guard } = sim.status;
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.run(900);
    expect(sim.status.guard).toMatchObject({ watchedSeconds: guard?.watchedSeconds, unobservedSeconds: 0 });
    const { writes } = sim;
    sim.run(900);
    expect(sim.writes).toBe(writes);
  });

  it("doesn't stand in the way of harm or of a Rollback", () => {
    const sim = simulationAt("Guard", { spec: auto });
    sim.act("Pause");
    sim.run(20);
    sim.act("Rollback");
    expect(sim.until("RolledBack", 60).status.acts?.paused).toBe(true);
  });
});

describe("Promote", () => {
  it.each(["WarmUp", "Ramp", "AwaitingApproval"] satisfies Phase[])("in %s is refused as too early", (phase) => {
    const sim = simulationAt(phase, { spec });
    sim.act("Promote");
    sim.reconcile();
    expect(sim.said.map(({ message }) => message).join()).toContain("Promote is taken in AwaitingCutover");
    sim.until("AwaitingCutover", 900);
    sim.run(300);
    expect(sim.phase).toBe("AwaitingCutover");
  });

  it("says to what load the destination was proved and what the cutover will send", () => {
    const sim = simulationAt("AwaitingCutover", { spec }).run(20);
    expect(sim.status.message).toMatch(/proved at \d+ requests\/s, the cutover sends \d+/);
  });

  it("names who promoted", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.act("Promote", { actor: "grace" });
    sim.until("CuttingOver", 30);
    expect(sim.status.message).toContain("promoted by grace");
  });

  it("doesn't open a cutover whose rollback path isn't proved", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.behave("source", { behind: "1h" });
    sim.act("Promote");
    sim.run(60);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.condition("Ready")).toBe("False/SourceStale");
    expect(sim.status.message).toContain("1h behind");
  });
});

describe("an act that isn't for this moment", () => {
  it.each([
    ["expired", { expiresAt: 0 }, "it had expired"],
    ["for another plan", { planHash: "0000" }, "it was given for plan 0000"],
  ])("%s has no effect, once", (_name, more, words) => {
    const sim = simulationAt("WarmUp", { spec });
    sim.act("Abort", more);
    sim.run(60);
    expect(sim.phase).toBe("WarmUp");
    const refused = sim.said.filter(({ reason }) => reason === "ActRefused");
    expect(refused).toHaveLength(1);
    expect(refused[0]?.message).toContain(words);
  });

  it("for this plan's hash is taken", () => {
    const sim = simulationAt("WarmUp", { spec });
    sim.act("Abort", { planHash: sim.status.planHash, expiresAt: sim.now + 1 });
    expect(sim.until("RolledBack", 60).status.rollback?.reason).toBe("Aborted");
  });

  it("with a plan hash before acceptance is refused", () => {
    const sim = new Simulation({ spec, pods: 0 });
    sim.act("Abort", { planHash: "0000" });
    sim.reconcile();
    expect(sim.said.map(({ message }) => message).join()).toContain("none yet");
  });

  it("never has a second turn, and is gone with all that came after it", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.act("Pause", { uid: "the-pause" });
    sim.reconcile();
    for (let index = 0; index < 60; index += 1) {
      sim.act("Resume", { uid: `resume-${index}` });
      sim.reconcile();
    }
    sim.run(30);
    expect(sim.status.acts).toEqual({ paused: false, seen: [] });
    expect(sim.acts).toEqual([]);
  });
});

describe("CompleteGuard", () => {
  const reason = "two requests a day";
  const thin = () => {
    const guard = { duration: "30m", minSamples: 9000 };
    const spec = aSpec({ ...shortPlan, guard, rollback: { window: "1m", sustainedFor: "5m" } });
    return simulationAt("Guard", { spec }).run(120);
  };

  it("ends a guard that is too thin to judge as if it had passed, with the person's name, reason and what was watched", () => {
    const sim = thin();
    sim.act("CompleteGuard", { actor: "grace", reason });
    sim.until("Completed", 60);
    const ended = sim.said.find((entry) => entry.reason === "GuardCompleted");
    expect(ended?.message).toMatch(
      /^the guard was ended by grace after 2m watched, 0s idle, 0s unobserved and [\d.]+ samples: two requests a day; switching the dual read off; it would have noticed score from [\d.]+ %, .*, severe from [\d.]+ %$/,
    );
    expect(sim.status.acts?.guardCompletedBy).toMatchObject({ actor: "grace", reason });
    expect(sim.condition("GuardPassed")).toBe("True/GuardCompleted");
    expect(sim.said.filter(({ reason: word }) => word === "ActTaken")).toMatchObject([
      { message: `CompleteGuard by grace: ${reason}` },
    ]);
  });

  it("is refused while the destination is worse, and doesn't end the guard when the harm is gone", () => {
    const sim = thin();
    sim.traffic = () => ({ ...goodTraffic, emptyShare: 0.9 });
    sim.run(20);
    sim.act("CompleteGuard", { reason });
    sim.run(1);
    expect(sim.said.at(-1)).toMatchObject({ reason: "ActRefused" });
    expect(sim.said.at(-1)?.message).toContain("has no effect: the destination is worse");
    sim.traffic = () => goodTraffic;
    expect(sim.run(600).phase).toBe("Guard");
  });

  it("waits for a pod that is silent, and is void once there is harm: what came first is no consent to it", () => {
    const sim = thin();
    sim.pod(0).silent = true;
    sim.run(10).act("CompleteGuard", { reason });
    expect(sim.run(10).status).toMatchObject({ phase: "Guard", acts: { guardCompletedBy: { reason } } });
    sim.traffic = () => ({ ...goodTraffic, emptyShare: 0.9 });
    sim.run(10);
    expect(sim.status.acts?.guardCompletedBy).toBeUndefined();
    expect(sim.said.map(({ message }) => message).join()).toContain(
      "CompleteGuard by ada has no effect any more: the destination is worse",
    );
    sim.traffic = () => goodTraffic;
    sim.pod(0).silent = false;
    expect(sim.run(600).phase).toBe("Guard");
  });

  it.each([
    ["a pod that is silent", (sim: Simulation) => Object.assign(sim.pod(0), { silent: true })],
    ["an overlay that others took", (sim: Simulation) => sim.seizeOverlay("bob")],
    ["acts that a pause follows", (sim: Simulation) => sim.act("Pause")],
  ])("is void after a quarter of an hour of %s, and ends no guard alone once that is over", (_what, hold) => {
    const sim = simulationAt("Guard", { spec: aSpec({ ...shortPlan, guard: { duration: "24h" } }) }).run(120);
    const { overlay } = sim;
    sim.act("CompleteGuard", { reason });
    hold(sim);
    sim.run(1200);
    sim.overlay = overlay;
    sim.pod(0).silent = false;
    sim.act("Resume");
    expect(sim.run(120)).toMatchObject({ phase: "Guard", status: { acts: { paused: false } } });
    const answers = sim.said.filter(({ message }) => message.startsWith("CompleteGuard")).map((one) => one.reason);
    expect(answers).toEqual(["ActTaken", "ActRefused"]);
  });

  it("in another phase is refused", () => {
    const sim = simulationAt("Ramp", { spec: auto });
    sim.act("CompleteGuard", { reason });
    sim.run(1);
    expect(sim.said.at(-1)?.message).toContain("CompleteGuard is taken in Guard");
  });
});
