// Nobody waits unheard: every phase against every rule that can hold it. Whatever stands still beyond its time is told, as
// a page only where users may be harmed or couldn't be taken back.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { underWay } from "#test/builders/phases.ts";
import { aTarget } from "#test/builders/search-app.ts";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { decide } from "../decide.ts";

const dayMs = 25 * 3_600_000;

type Hold = readonly [what: string, begin: (sim: Simulation) => void];

const holds: readonly Hold[] = [
  ["a person paused it", (sim) => sim.act("Pause")],
  ["the base names another store", (sim) => (sim.base = destinationIdentity)],
  ["somebody else writes the overlay", (sim) => sim.seizeOverlay("helm")],
  ["pods can't be listed", (sim) => sim.unreadable.add("pods")],
  ["the overlay can't be read", (sim) => sim.unreadable.add("overlay")],
  ["acts can't be read", (sim) => sim.unreadable.add("acts")],
  ["a pod doesn't follow", (sim) => stick(sim)],
  ["no pod serves", (sim) => (sim.pods = [])],
  ["nobody asks anything", (sim) => (sim.traffic = () => ({ ...goodTraffic, rps: 0 }))],
  ["an older status was restored", (sim) => (sim.status = { ...sim.status, epoch: sim.status.epoch - 1 })],
  ["everything is slow", (sim) => slow(sim)],
  ["no probe of the source ends", (sim) => hang(sim, 3)],
];

/** Holds in which users are served as they were, and anybody could go back. */
const harmless = ["a person paused it", "a pod doesn't follow", "nobody asks anything"];

const plan: Partial<MigrationSpecInput> = {
  ...shortPlan,
  stages: shortPlan.stages?.map((stage) => ({ ...stage, deadline: "30m" })) ?? [],
  rollback: { ...shortPlan.rollback, automatic: false },
};
const going = { spec: aSpec(plan), reconcileSeconds: 60 };
/** Asks a person for the cutover, so that it stands before it. */
const asking = { ...going, spec: aSpec({ ...plan, cutover: { hold: true } }) };

function stick(sim: Simulation): void {
  sim.pod(0).stuck = true;
  sim.act("Pause");
  sim.act("Resume");
}

/** Pods whose newest answer of the source is a minute and a half old. */
function hang(sim: Simulation, pods: number): void {
  for (const pod of sim.pods.slice(0, pods)) pod.sourceHangsSeconds = 90;
}

function slow(sim: Simulation): void {
  sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 1 : 0 });
}

function standing(phase: Phase): Simulation {
  return simulationAt(phase, phase === "AwaitingCutover" ? asking : going);
}

const servedByDestination: readonly Phase[] = ["CuttingOver", "Guard", "Completed", "RollingBack", "RolledBack"];

/** What was announced since the last time that anything moved, and how long ago that was, seconds. */
function sinceLastMove(sim: Simulation, from: number): { readonly seconds: number; readonly calls: readonly string[] } {
  const moves = sim.status.history.filter(({ reason }) => !reason.endsWith("Overdue"));
  const at = Math.max(from, Date.parse(moves.at(-1)?.at ?? ""));
  const calls = sim.said.filter((said) => said.severity !== null && said.at >= at);
  return { seconds: (sim.now - at) / 1000, calls: calls.map(({ severity, reason }) => `${severity} ${reason}`) };
}

/** A day of traffic is long to play, and nothing of it matters while it is held: only the last moment of it is decided. */
function passDay(sim: Simulation): void {
  const { migration } = sim;
  const observation = sim.observation();
  sim.now += dayMs;
  const { status, announcements } = decide({ migration, observation, now: sim.now });
  sim.status = status;
  sim.said.push(...announcements.map((announcement) => ({ ...announcement, at: sim.now })));
}

/** Where a person or more traffic is waited for, a day is no fault. */
function isPatient(what: string, phase: Phase): boolean {
  return what === "a person paused it" || what === "nobody asks anything" || phase === "AwaitingCutover";
}

describe.each(underWay)("in %s", (phase) => {
  it.each(holds)("where %s, it moves or somebody is called, and nobody without need", (what, begin) => {
    const sim = standing(phase);
    const from = sim.now;
    begin(sim);
    sim.run(2 * 3600);
    if (isPatient(what, phase)) passDay(sim);
    const { seconds, calls } = sinceLastMove(sim, from);
    const isOver = ["Completed", "RolledBack"].includes(sim.phase);
    expect(isOver || seconds < 3700 || calls.length > 0, `${sim.phase} for ${seconds} s: ${sim.status.message}`).toBe(
      true,
    );
    const wasServed = sim.story.includes("CuttingOver");
    const mayPage = wasServed || servedByDestination.includes(phase) || servedByDestination.includes(sim.phase);
    const mustPage = phase === "Guard" && !isOver && !harmless.includes(what);
    const mustNot = !mayPage || (phase === "Guard" && harmless.includes(what));
    expect({ mustPage, mustNot, pages: sim.pages }).toSatisfy(() => (sim.pages.length > 0 ? !mustNot : !mustPage));
  });
});

describe.each(underWay)("a pause in %s", (phase) => {
  it.each(holds.filter(([what]) => what !== "a person paused it"))("leaves nobody unheard where %s", (what, begin) => {
    const sim = standing(phase);
    sim.act("Pause");
    sim.run(120);
    begin(sim);
    const mustPage = phase === "Guard" && !harmless.includes(what) && what !== "everything is slow";
    sim.run(mustPage ? 2 * 3600 : 600);
    expect(sim.pages.length > 0 || !mustPage).toBe(true);
    passDay(sim);
    const calls = sim.said.filter(({ severity }) => severity !== null);
    const isMoving = sim.phase !== phase;
    expect({ isMoving, calls }).toSatisfy(() => isMoving || calls.length > 0);
  });
});

describe("what waits for a person", () => {
  const waitingFor = (): Simulation => {
    const sim = simulationAt("AwaitingCutover", asking);
    sim.run(3 * 3600);
    expect(sim.tickets).toEqual([]);
    return sim;
  };

  it("is no ticket for a list that fails once, however long it has waited", () => {
    const sim = waitingFor();
    sim.unreadable.add("pods");
    sim.run(60);
    sim.unreadable.clear();
    sim.run(600);
    expect(sim.tickets).toEqual([]);
  });

  it("is one after a quarter of an hour in which it is blocked, and says how long that is", () => {
    const sim = waitingFor();
    sim.unreadable.add("pods");
    sim.run(1200);
    expect(sim.said.filter(({ severity }) => severity === "ticket").map(({ message }) => message)).toEqual([
      expect.stringMatching(/^stands still in AwaitingCutover for 15m \(NotObserved\)/),
    ]);
  });
});

describe("behind harm that is held in Guard", () => {
  const held = (): Simulation => {
    const thresholds = { latencyDelta: { afterCutover: "Hold" as const } };
    const long = { ...shortPlan.guard, duration: "24h", deadline: "72h" };
    const spec = aSpec({ ...shortPlan, thresholds, guard: long });
    const sim = simulationAt("Guard", { spec, reconcileSeconds: 30 });
    sim.traffic = (_at, primary) => ({ ...goodTraffic, latencyWorse: primary === "destination" ? 0.5 : 0 });
    return sim.runWhile(() => sim.pages.length === 0, 3600);
  };
  const others: readonly Hold[] = [
    ...holds.filter(([what]) => what.includes("can't be") || what.startsWith("somebody else")),
    ["no sidecar answers", (sim) => sim.pods.forEach((pod) => (pod.silent = true))],
  ];

  it.each(others)("where %s, a person hears of that as well, and again", (_what, begin) => {
    const sim = held();
    begin(sim);
    sim.run(5 * 3600);
    expect(sim.condition("Ready")).toBe("False/Harm");
    const told = sim.said.filter(({ message, severity }) => severity === "page" && message.includes("behind harm"));
    const since = Date.parse(sim.status.waiting?.behind?.since ?? "");
    expect(told.map(({ at }) => Math.round((at - since) / 60_000))).toEqual([15, 255]);
  });

  it("for a minute nobody is called, and nothing is kept of it", () => {
    const sim = held();
    sim.unreadable.add("acts");
    sim.run(60);
    sim.unreadable.clear();
    sim.run(3600);
    expect(sim.pages).toEqual(["Harm"]);
    expect(sim.status.waiting?.behind).toBeUndefined();
  });
});

/** Comes and goes: `on` seconds of it, then `off` seconds without, for so long. */
function flap(sim: Simulation, [on, off, forSeconds]: readonly [number, number, number]): Simulation {
  for (let passed = 0; passed < forSeconds; passed += on + off) {
    sim.unreadable.add("pods");
    sim.run(on);
    sim.unreadable.clear();
    sim.run(off);
  }
  return sim;
}

/** So long that what is seen in between doesn't end it. */
const longGuard = {
  spec: aSpec({ ...plan, guard: { duration: "24h", deadline: "40h", minSamples: 50 } }),
  reconcileSeconds: 20,
};

describe("a guard that couldn't be left", () => {
  it.each([2, 3])(
    "because %s of 3 pods have heard nothing of the source pages within the usual time, and again",
    (pods) => {
      const sim = simulationAt("Guard", longGuard);
      hang(sim, pods);
      sim.run(880);
      expect(sim.pages).toEqual([]);
      sim.run(60);
      expect(sim.pages).toEqual(["HoldOverdue"]);
      expect(sim.said.at(-1)?.message).toContain("the rollback path isn't proved in Guard");
      sim.run(5 * 3600);
      expect([sim.phase, sim.pages]).toEqual(["Guard", ["HoldOverdue", "HoldOverdue"]]);
    },
  );

  it("of a fleet that is scaled to nothing, as at night, pages nobody: it is a ticket", () => {
    const sim = simulationAt("Guard", longGuard);
    sim.pods = [];
    sim.target = aTarget(0);
    sim.run(5 * 3600);
    expect([sim.phase, sim.pages, sim.tickets]).toEqual(["Guard", [], ["AckTimeout", "HoldOverdue"]]);
  });

  it("because one of 3 pods hasn't pages nobody", () => {
    const sim = simulationAt("Guard", longGuard);
    hang(sim, 1);
    expect(sim.run(2 * 3600).pages).toEqual([]);
  });
});

describe("a hold that comes and goes", () => {
  it.each([
    [600, 60],
    [300, 300],
    [60, 60],
  ])("blind for %s s, seeing for %s s: the guard pages", (on, off) => {
    const sim = simulationAt("Guard", longGuard);
    expect(flap(sim, [on, off, 2 * 3600]).pages).toContain("HoldOverdue");
    expect(sim.pages.filter((reason) => reason === "HoldOverdue")).toHaveLength(1);
  });

  it("opens a ticket before the cutover", () => {
    const sim = simulationAt("AwaitingCutover", { ...asking, reconcileSeconds: 10 });
    expect(flap(sim, [600, 60, 7200]).tickets).toContain("HoldOverdue");
  });

  it("for a minute now and then pages nobody", () => {
    const sim = simulationAt("Guard", longGuard);
    expect(flap(sim, [60, 1200, 6 * 3600]).pages).toEqual([]);
  });

  it("during a long pause counts from when it began, not from the pause", () => {
    const sim = simulationAt("Guard", longGuard);
    sim.act("Pause");
    sim.run(3 * 3600);
    expect(flap(sim, [30, 3600, 3600]).pages).toEqual([]);
  });

  it("leaves no clock behind once it has ended for good", () => {
    const sim = simulationAt("Ramp", { ...going, reconcileSeconds: 10 });
    flap(sim, [60, 0, 60]);
    expect(sim.status.waiting).toBeDefined();
    expect(sim.until("Completed", 9000).status.waiting).toBeUndefined();
  });
});

it("work that does not end, as a comparison after a late rollback, opens a ticket after an hour", () => {
  const rollback = { ...shortPlan.rollback, verifyDriftAfter: "1s" };
  const sim = simulationAt("Guard", { ...going, spec: aSpec({ ...plan, rollback }) }).run(120);
  sim.verifier.takesMs = 10 * 3_600_000;
  sim.act("Rollback");
  sim.until("VerifyingDrift", 600).run(3400);
  expect([sim.tickets, sim.pages]).toEqual([[], []]);
  sim.run(400);
  expect([sim.phase, sim.tickets, sim.pages]).toEqual(["VerifyingDrift", ["HoldOverdue"], []]);
});
