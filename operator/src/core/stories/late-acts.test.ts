// Acts that were given while nobody could read them: what says "now" is no longer meant once that is over.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const spec = aSpec({
  ...shortPlan,
  cutover: { hold: true },
  guard: { ...shortPlan.guard, duration: "24h", deadline: "48h" },
});
const minute = 60_000;

/** A person acts, and it is read so many minutes later. */
type Blind = readonly [what: string, pass: (sim: Simulation, minutes: number) => void];
const blind: readonly Blind[] = [
  ["no operator is there", (sim, minutes) => (sim.now += minutes * minute)],
  [
    "acts can't be read",
    (sim, minutes) => {
      sim.unreadable.add("acts");
      sim.run(minutes * 60);
      sim.unreadable.clear();
    },
  ],
];
const answers = (sim: Simulation) => sim.said.filter(({ reason }) => reason.startsWith("Act")).at(-1)?.message;

describe.each(blind)("while %s", (_what, pass) => {
  it("a Promote of 20 minutes ago cuts nothing over, and says how late it was read", () => {
    const sim = simulationAt("AwaitingCutover", { spec }).run(20);
    sim.act("Promote");
    pass(sim, 20);
    expect(sim.run(60).phase).toBe("AwaitingCutover");
    expect(answers(sim)).toBe(
      "Promote by ada has no effect: it was given 20m ago, and nobody has read it within 15m; give it again",
    );
    expect(sim.status.acts?.promotedBy).toBeUndefined();
    sim.act("Promote");
    sim.until("Guard", 60);
  });

  it("a Promote of ten minutes ago cuts over, and one that waits does so for as long as it says", () => {
    const soon = simulationAt("AwaitingCutover", { spec }).run(20);
    soon.act("Promote");
    pass(soon, 10);
    expect(soon.until("Guard", 60).said.some(({ reason }) => reason === "ActRefused")).toBe(false);
    const waiting = simulationAt("AwaitingCutover", { spec }).run(20);
    waiting.act("Promote", { waitForGates: true });
    pass(waiting, 30);
    expect(waiting.until("Guard", 60).phase).toBe("Guard");
  });

  it("a CompleteGuard of 20 minutes ago ends no guard", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.act("Promote");
    sim.until("Guard", 60).run(60).act("CompleteGuard", { reason: "thin" });
    pass(sim, 20);
    expect(sim.run(60).phase).toBe("Guard");
    expect(answers(sim)).toContain("CompleteGuard by ada has no effect: it was given 20m ago");
  });

  it("a Rollback is taken however late it is read", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.act("Promote");
    sim.until("Guard", 60).run(60).act("Rollback");
    pass(sim, 20);
    expect(sim.until("RolledBack", 300).status.rollback?.actor).toBe("ada");
  });
});

it("a Retry of 20 minutes ago doesn't cut over again", () => {
  const sim = simulationAt("AwaitingCutover", { spec });
  sim.pod(1).stuck = true;
  sim.act("Promote");
  sim.until("RollingBack", 200).pod(1).stuck = false;
  sim.until("AwaitingCutover", 600).run(60).act("Retry");
  sim.now += 20 * minute;
  expect(sim.run(60).phase).toBe("AwaitingCutover");
  expect(answers(sim)).toContain("Retry by ada has no effect: it was given 20m ago");
});

it.each([-3600, 3600])("a Promote is no late one for a clock of the operator that is off by %s s", (seconds) => {
  const sim = simulationAt("AwaitingCutover", { spec }).run(20);
  sim.now += 900_000;
  sim.run(120).act("Promote", { createdAt: sim.now - seconds * 1000 });
  expect(sim.until("Guard", 60).phase).toBe("Guard");
});
