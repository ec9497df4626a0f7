// guard.next: the migration that comes after another one waits for its turn.
import { describe, expect, test } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";
import type { ClaimObservation } from "../model/observation.ts";

const spec = aSpec(shortPlan);
const nameOfNext = "docs-to-qdrant";

/** The one that names the next, created after it. */
function aPredecessor(sim: Simulation, more: Partial<ClaimObservation> = {}): ClaimObservation {
  const { createdAt } = sim.meta;
  const rest = { phase: "Guard", accepted: true, settled: false, next: nameOfNext } as const;
  return { name: "docs-to-pg", uid: "uid-0", createdAt: createdAt + 1000, ...rest, ...more };
}

function waiting(more: Partial<ClaimObservation> = {}): Simulation {
  const sim = new Simulation({ spec });
  sim.claims = [aPredecessor(sim, more)];
  return sim.run(60);
}

describe("the migration that guard.next names", () => {
  test.each([
    ["Pending", { phase: "Pending", accepted: false }],
    ["Guard", { phase: "Guard" }],
    ["Completed, but not settled", { phase: "Completed" }],
  ] as const)("waits in Pending while the one before it is %s", (_, more) => {
    const sim = waiting(more);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["Pending", "Unknown/WaitsForPredecessor"]);
    expect([sim.applied, sim.condition("Stalled")]).toEqual([[], undefined]);
  });

  test("starts by itself once the one before it is settled, and when that is gone", () => {
    const sim = waiting();
    sim.claims = [aPredecessor(sim, { phase: "Completed", settled: true })];
    expect(sim.until("WarmUp", 120).phase).toBe("WarmUp");
    const orphan = waiting();
    orphan.claims = [];
    expect(orphan.until("WarmUp", 120).phase).toBe("WarmUp");
  });

  test("does not start after a rollback of the one before it: somebody has to decide", () => {
    const sim = waiting({ phase: "RolledBack", settled: true });
    expect([sim.phase, sim.condition("Ready")]).toEqual(["Pending", "False/PredecessorRolledBack"]);
    expect(sim.status.message).toContain("delete it to start this one all the same");
  });

  test("is no rival of the one before it, however early it was created", () => {
    const guard = { ...shortPlan.guard, onPassed: "RepointShadow", next: "docs-to-next" } as const;
    const sim = new Simulation({ spec: aSpec({ ...shortPlan, guard }) });
    const rest = { phase: "Pending", accepted: false, settled: false } as const;
    sim.claims = [{ name: "docs-to-next", uid: "uid-0", createdAt: sim.meta.createdAt - 1000, ...rest }];
    expect(sim.until("Completed", 2000).phase).toBe("Completed");
    expect(sim.status.revision).toMatchObject({ primary: "destination", shadow: "none" });
  });
});
