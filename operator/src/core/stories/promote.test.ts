// A Promote acts in the reconcile that reads it, waits openly, or is refused: none fires alone days later.
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec({ ...shortPlan, cutover: { hold: true } });
/** Open for two minutes, within which the ramp only begins. */
const windowed = aSpec({
  ...shortPlan,
  cutover: { hold: true },
  checklist: { ...onlyReachable, window: { timeZone: "UTC", days: ["Sun"], start: "01:00", end: "01:02" } },
});
const hour = 3600;

const answers = (sim: Simulation) =>
  sim.said
    .filter(({ message }) => message.startsWith("Promote by ada"))
    .map(({ reason, message }) => ({ reason, message }));

/** Waits for a Promote with the rollback path closed, which blocks the cutover and nothing else. */
function blocked(): Simulation {
  const sim = simulationAt("AwaitingCutover", { spec }).run(20);
  sim.behave("source", { behind: "1h" });
  return sim.run(10);
}

describe("a Promote that can't act at once", () => {
  it("is refused with what stands in its way, and isn't remembered when that is gone", () => {
    const sim = blocked();
    sim.act("Promote");
    sim.run(10);
    expect(answers(sim)).toEqual([
      {
        reason: "ActRefused",
        message: expect.stringMatching(/^Promote by ada has no effect: the rollback path .* 1h behind/),
      },
    ]);
    expect(sim.status.acts?.promotedBy).toBeUndefined();
    sim.behave("source", { behind: "0s" });
    expect(sim.run(600).phase).toBe("AwaitingCutover");
    expect(sim.condition("Ready")).toBe("True/AwaitingPromote");
  });

  it.each([
    ["paused", (sim: Simulation) => sim.act("Pause"), "paused by a person"],
    ["unread", (sim: Simulation) => void sim.unreadable.add("pods"), "waiting to read pods"],
    ["seized", (sim: Simulation) => sim.seizeOverlay("kubectl-edit"), "kubectl-edit changed the overlay"],
  ])("is refused where the migration is %s", (_, befall, words) => {
    const sim = simulationAt("AwaitingCutover", { spec }).run(20);
    befall(sim);
    sim.run(30).act("Promote");
    sim.run(5);
    expect(sim.status.acts?.promotedBy).toBeUndefined();
    expect(sim.said.map(({ message }) => message).join()).toContain(`Promote by ada has no effect: `);
    expect(sim.said.map(({ message }) => message).join()).toContain(words);
  });

  it("comes after another of the same moment is refused for that", () => {
    const sim = simulationAt("AwaitingCutover", { spec }).run(20);
    sim.act("Promote");
    sim.act("Promote", { actor: "bob" });
    sim.until("CuttingOver", 30);
    expect(sim.status.acts?.promotedBy).toBe("ada");
    expect(sim.said.map(({ message }) => message)).toContain(
      "Promote by bob has no effect: the Promote by ada came first",
    );
  });
});

describe("a Promote that says that it waits", () => {
  it("acts as soon as the gates let it, and says until when it waits", () => {
    const sim = blocked();
    sim.act("Promote", { waitForGates: true, reason: "on call agrees" });
    sim.run(300);
    expect(sim.status.message).toMatch(/1h.* behind.*; the Promote by ada waits for it until 2026-\S+Z$/);
    sim.behave("source", { behind: "0s" });
    sim.until("CuttingOver", 60);
    expect(sim.status.acts).toMatchObject({ promotedBy: "ada" });
    expect(sim.status.acts?.promoteUntil).toBeUndefined();
    expect(answers(sim)).toEqual([
      { reason: "ActTaken", message: expect.stringContaining("Promote by ada waits until") },
    ]);
  });

  it.each([
    ["four hours after its creation when it names no time", { createdAt: -4 * hour + 300 }],
    ["when its time is up", { expiresAt: 300 }],
  ])("expires %s, and says what it waited for", (_, seconds) => {
    const sim = blocked();
    const times = Object.entries(seconds).map(([name, from]) => [name, sim.now + from * 1000]);
    sim.act("Promote", { waitForGates: true, ...Object.fromEntries(times) });
    sim.run(240);
    expect(sim.status.acts?.promotedBy).toBe("ada");
    sim.run(120);
    expect(sim.status.acts?.promotedBy).toBeUndefined();
    expect(answers(sim).at(-1)).toEqual({ reason: "ActExpired", message: expect.stringContaining("1h") });
    sim.behave("source", { behind: "0s" });
    expect(sim.run(300).phase).toBe("AwaitingCutover");
  });

  it.each([
    ["is still blocked", "1h"],
    ["is free by then", "0s"],
  ])("cuts nothing over after the operator was away beyond its time, where the cutover %s", (_, behind) => {
    const sim = blocked();
    sim.act("Promote", { waitForGates: true, expiresAt: sim.now + 60_000 });
    sim.run(10);
    sim.behave("source", { behind });
    sim.now += 6 * hour * 1000;
    expect(sim.run(300).phase).toBe("AwaitingCutover");
    expect(sim.status.acts?.promotedBy).toBeUndefined();
    expect(answers(sim).at(-1)).toMatchObject({ reason: "ActExpired" });
  });

  it("is void once the evidence it was given on is gone, and it is said", () => {
    const sim = blocked();
    sim.act("Promote", { waitForGates: true });
    sim.run(30);
    sim.traffic = () => ({ ...goodTraffic, scoreWorse: 0.9 });
    sim.until("Ramp", 900);
    expect(answers(sim).at(-1)).toMatchObject({ reason: "ActRefused" });
    expect(answers(sim).at(-1)?.message).toContain("has no effect any more");
    sim.traffic = () => goodTraffic;
    sim.behave("source", { behind: "0s" });
    expect(sim.until("AwaitingCutover", 2000).run(300).phase).toBe("AwaitingCutover");
  });

  it("is void when somebody goes back", () => {
    const sim = blocked();
    sim.act("Promote", { waitForGates: true });
    sim.run(10).act("Abort");
    expect(sim.until("RolledBack", 120).status.acts?.promotedBy).toBeUndefined();
    expect(answers(sim).at(-1)?.message).toMatch(/^Promote by ada has no effect any more: /);
  });
});

describe("a Promote outside the window", () => {
  it("is refused with when it opens, and nothing of it is left", () => {
    const sim = simulationAt("AwaitingCutover", { spec: windowed }).run(240);
    expect(sim.condition("Ready")).toBe("True/WindowClosed");
    sim.act("Promote");
    expect(sim.run(60).phase).toBe("AwaitingCutover");
    expect(answers(sim)).toEqual([
      { reason: "ActRefused", message: expect.stringContaining("it opens next at Sun 2026-03-08 01:00 UTC") },
    ]);
    expect(sim.status.acts).toEqual({ paused: false, seen: [] });
  });
});

it("a fleet that grows tenfold asks nobody to check how often its sidecars sample", () => {
  const sim = simulationAt("AwaitingCutover", { spec, reconcileSeconds: 2 });
  sim.traffic = () => ({ ...goodTraffic, rps: 1 });
  sim.run(1200);
  for (let pod = 4; pod <= 30; pod += 1) sim.addPod(`pod-${pod}`);
  const messages = new Set<string>();
  for (let passed = 0; passed < 120; passed += 2) {
    sim.run(2);
    messages.add(sim.status.gates.find(({ gate }) => gate === "sampleRatio")?.message ?? "");
  }
  expect([...messages].filter((message) => message.includes("check the configuration"))).toEqual([]);
});
