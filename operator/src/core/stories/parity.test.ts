import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";

type Parity = NonNullable<NonNullable<MigrationSpecInput["checklist"]>["parity"]>;

/** A short plan that asks for parity, and for nobody's Promote but a person's. */
function asking(parity: Parity = {}, more: Partial<MigrationSpecInput> = {}): Simulation {
  const checklist = { ...onlyReachable, parity: { recheck: "2m", timeout: "10m", ...parity } };
  return new Simulation({ spec: aSpec({ ...shortPlan, cutover: { hold: true }, checklist, ...more }) });
}

const verified = (sim: Simulation) => sim.condition("ParityVerified");
const messageOf = (sim: Simulation, type: string) =>
  sim.status.conditions.find((condition) => condition.type === type)?.message;
const jobs = (sim: Simulation) => sim.applied.filter((kind) => kind === "createJob").length;

describe("the check parity", () => {
  test("is asked of a Job once every pod has reached the destination, and equal lets the migration go on", () => {
    const sim = asking().run(20);
    expect(sim.phase).toBe("Preflight");
    expect([verified(sim), jobs(sim)]).toEqual(["Unknown/Comparing", 1]);
    expect(sim.status.verification?.runs[0]).toMatchObject({ purpose: "Preflight", number: 1 });
    expect(sim.status.verification?.runs[0]).not.toHaveProperty("since");
    sim.until("WarmUp", 120);
    expect([verified(sim), jobs(sim)]).toEqual(["True/Equal", 1]);
    expect(messageOf(sim, "ParityVerified")).toBe(
      "no chunk differs (5000 read at the source, 5000 at the destination)",
    );
  });

  test("that finds a difference stops the preflight with its counts, and asks again after a while", () => {
    const sim = asking();
    sim.verifier.parity = { missing: 12, stale: 2, lagging: 3 };
    sim.run(60);
    expect([sim.phase, verified(sim)]).toEqual(["Preflight", "False/Drift"]);
    expect(messageOf(sim, "ParityVerified")).toContain("14 chunks differ: 12 missing, 2 stale");
    expect(messageOf(sim, "ParityVerified")).toContain("3 more are explained by the lag");
    expect(sim.condition("Ready")).toBe("False/Drift");
    sim.verifier.parity = {};
    sim.until("WarmUp", 300);
    expect(jobs(sim)).toBe(2);
  });

  test("takes what the plan tolerates, and says so", () => {
    const sim = asking({ tolerance: { missing: 12 } });
    sim.verifier.parity = { missing: 12 };
    sim.until("WarmUp", 120);
    expect(verified(sim)).toBe("True/WithinTolerance");
  });

  test.each<[string, (sim: Simulation) => void, string]>([
    ["without a template", (sim) => void (sim.verifier.hasTemplate = false), "NoTemplate"],
    ["whose Jobs can't be read", (sim) => void sim.unreadable.add("jobs"), "NotObserved"],
    ["whose Job can't say", (sim) => void (sim.verifier.parity = { cannot: true }), "CannotSay"],
    ["whose Job never ends", (sim) => void (sim.verifier.takesMs = 1e9), "TimedOut"],
  ])("%s is Unknown, blocks, and a person may waive it", (_, arrange, reason) => {
    const sim = asking();
    arrange(sim);
    sim.run(11 * 60);
    expect(sim.phase).toBe("Preflight");
    expect(sim.status.conditions.find(({ type }) => type === "ParityVerified")).toMatchObject({ status: "Unknown" });
    const runs = sim.status.verification?.runs ?? [];
    expect([verified(sim), ...runs.map(({ result }) => `Unknown/${result?.reason}`)]).toContain(`Unknown/${reason}`);
    sim.act("Waive", { check: "parity", reason: "compared by hand" });
    sim.until("WarmUp", 60);
    expect(verified(sim)).toBe("Unknown/Waived");
  });

  test("that was compared too coarsely is Unknown", () => {
    const sim = asking({ level: "vector" }).run(60);
    expect([sim.phase, verified(sim)]).toEqual(["Preflight", "Unknown/LevelTooLow"]);
  });

  test("that differs can't be waived away", () => {
    const sim = asking();
    sim.verifier.parity = { missing: 1 };
    sim.run(60).act("Waive", { check: "parity", reason: "never mind" });
    expect(sim.run(10).phase).toBe("Preflight");
  });
});

describe("before the cutover", () => {
  const waiting = (): Simulation => asking().until("AwaitingCutover");

  test("what was written since the stores were equal is compared, and a Promote that says so waits for it", () => {
    const sim = waiting();
    sim.act("Promote", { waitForGates: true });
    sim.run(10);
    expect([sim.phase, verified(sim)]).toEqual(["AwaitingCutover", "Unknown/Comparing"]);
    const [first, second] = [sim.status.verification?.runs[0], sim.status.verification?.runs[1]];
    expect(second).toMatchObject({ purpose: "Cutover", number: 2 });
    expect(Date.parse(second?.since ?? "")).toBeLessThan(Date.parse(first?.askedAt ?? ""));
    sim.until("CuttingOver", 120);
    expect(verified(sim)).toBe("True/Equal");
  });

  test("it is compared again while somebody is waited for, and a new difference blocks until it is gone", () => {
    const sim = waiting().run(60);
    expect([verified(sim), sim.condition("Ready")]).toEqual(["True/Equal", "True/AwaitingPromote"]);
    sim.verifier.parity = { stale: 4 };
    sim.run(200).act("Promote", { waitForGates: true });
    expect([sim.run(10).phase, verified(sim)]).toEqual(["AwaitingCutover", "False/Drift"]);
    sim.verifier.parity = {};
    sim.until("CuttingOver", 300);
  });

  test("few Jobs are left behind, however long it waits", () => {
    const sim = waiting().run(1500);
    expect(jobs(sim)).toBeGreaterThan(7);
    expect(sim.verifier.observe(sim.mark()).jobs.length).toBeLessThan(6);
  });

  test("chunks that only the destination has are said: a rollback would hide them", () => {
    const sim = asking({ tolerance: { extra: 7 } });
    sim.verifier.parity = { extra: 7 };
    sim.until("AwaitingCutover").run(60);
    expect(sim.status.message).toContain("7 chunks are only at the destination");
  });
});

describe("an Abort", () => {
  test("doesn't wait for a Job, and the Job is ended", () => {
    const sim = asking().run(20);
    expect(sim.verifier.observe(sim.mark()).jobs.length).toBe(1);
    sim.act("Abort");
    sim.until("RolledBack", 60);
    expect(sim.run(20).verifier.observe(sim.mark()).jobs).toEqual([]);
  });
});
