// Writers move after the reads: from then on a late rollback is a person's to ask for.
import { describe, expect, test } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

/** A third of the requests fail. */
const badTraffic = () => ({ ...goodTraffic, errorShare: 0.33 });

function guarded(acceptStaleSource: boolean): Simulation {
  const rollback = { ...shortPlan.rollback, verifyDriftAfter: "30s", acceptStaleSource };
  const sim = simulationAt("Guard", {
    spec: aSpec({ ...shortPlan, guard: { duration: "1h", deadline: "3h" }, rollback }),
  });
  sim.run(60).act("WritersMoved", { reason: "writers were deployed" });
  sim.run(10);
  return sim;
}

describe("once the writers have moved", () => {
  test("harm pages a person once and holds, and the person's Rollback goes back", () => {
    const sim = guarded(false);
    expect(sim.status.acts?.writersMoved).toMatchObject({ actor: "ada", reason: "writers were deployed" });
    sim.traffic = badTraffic;
    sim.run(300);
    expect([sim.phase, sim.pages]).toEqual(["Guard", ["RollbackBlocked"]]);
    expect(sim.status.message).toContain("how many writes a rollback would hide isn't known");
    sim.act("Rollback");
    sim.until("RolledBack", 300);
  });

  test("harm goes back by itself where the plan accepts a stale source", () => {
    const sim = guarded(true);
    sim.traffic = badTraffic;
    expect(sim.until("RollingBack", 400).status.rollback?.reason).toMatch(/^Harm/);
  });
});
