// A rollback later than rollback.verifyDriftAfter after the cutover: what only the destination received is compared.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, test } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const rollback = { ...shortPlan.rollback, verifyDriftAfter: "1m" };
const more: Partial<MigrationSpecInput> = { rollback, communications: { sinks: ["engineering"] } };

/** In the guard, two minutes after the cutover, and somebody asks to go back. */
function late(
  arrange: (sim: Simulation) => unknown = () => undefined,
  spec: Partial<MigrationSpecInput> = {},
): Simulation {
  const sim = simulationAt("Guard", { spec: aSpec({ ...shortPlan, ...more, ...spec }) }).run(120);
  arrange(sim);
  sim.act("Rollback", { reason: "answers look wrong" });
  return sim;
}

const phases = (sim: Simulation) => sim.trace.slice(-2).map((line) => line.split(":")[0]);
const reconciled = (sim: Simulation) => sim.condition("DriftResolved");
const corrections = (sim: Simulation) => sim.status.outbox?.find(({ kind }) => kind === "Corrections")?.text ?? "";
const served = (sim: Simulation) =>
  sim.observation().pods.ok && sim.pods.every((pod) => pod.name !== "" && sim.status.revision?.primary === "source");

describe("a late rollback", () => {
  test("has every pod back before anything is compared, then compares since the cutover", () => {
    const sim = late().until("VerifyingDrift", 60);
    expect([served(sim), sim.status.acks]).toEqual([true, { pods: 3, matched: 3, lagging: [], lost: [] }]);
    expect([reconciled(sim), sim.condition("RolledBack")]).toEqual(["Unknown/Comparing", "False/RollbackRequested"]);
    sim.run(10);
    const run = sim.status.verification?.runs[0];
    expect(run).toMatchObject({ purpose: "Rollback", number: 1 });
    expect(Date.parse(run?.since ?? "")).toBeLessThan(Date.parse(sim.status.cutoverAt ?? ""));
    sim.until("RolledBack", 120);
    expect(phases(sim)).toContain("VerifyingDrift");
    expect(reconciled(sim)).toBe("True/Equal");
    expect(corrections(sim)).toContain("nothing needs correcting");
  });

  test("lists what only the destination received, tells it, and a person closes it", () => {
    const sim = late(({ verifier }) => (verifier.parity = { extra: 5, stale: 2, missing: 9 }));
    sim.until("RolledBack", 200);
    expect(reconciled(sim)).toBe("False/CorrectionsOpen");
    expect(sim.status.message).toContain("7 chunks of the destination are not as such at the source");
    expect(sim.status.verification?.runs[0]?.result).toMatchObject({ counts: { extra: 5 }, ids: ["chunk-1"] });
    expect(corrections(sim)).toContain("file tickets for what needs correcting");
    expect(corrections(sim)).toContain("9 missing, 5 extra, 2 stale");
    sim.act("Waive", { check: "parity", reason: "copied back by hand, ticket 7" });
    expect(sim.run(10).status.conditions.find(({ type }) => type === "DriftResolved")).toMatchObject({
      status: "True",
      reason: "Waived",
      message: expect.stringContaining("ticket 7"),
    });
  });

  test.each<[string, (sim: Simulation) => unknown, string, number]>([
    ["there is no template", ({ verifier }) => (verifier.hasTemplate = false), "NoTemplate", 60],
    ["the Jobs can't be read", (sim) => sim.unreadable.add("jobs"), "NotObserved", 120],
    ["the Job can't say", ({ verifier }) => (verifier.parity = { cannot: true }), "CannotSay", 120],
    ["the Job never ends", ({ verifier }) => (verifier.takesMs = 1e10), "TimedOut", 8000],
  ])("ends when %s: the answer is Unknown, and nothing is held by it", (_, arrange, reason, seconds) => {
    const sim = late(arrange).until("RolledBack", seconds);
    expect(reconciled(sim)).toBe(`Unknown/${reason}`);
    expect(corrections(sim)).toContain("compare what was written since");
  });

  test("whose plan skips it goes straight to the end", () => {
    const sim = late(undefined, { rollback: { ...rollback, integrity: "Skip" } }).until("RolledBack", 60);
    expect(phases(sim)).not.toContain("VerifyingDrift");
    expect(reconciled(sim)).toBe("Unknown/Skipped");
  });

  test("of a migration that is being deleted doesn't keep the object", () => {
    const sim = late().until("VerifyingDrift", 60);
    sim.delete();
    sim.runWhile(() => !sim.gone, 120);
    expect(sim.status.phase).toBe("RolledBack");
  });

  test("waits for the Job that compares, though for a while in between nobody can read it", () => {
    const sim = late(({ verifier }) => (verifier.takesMs = 200_000))
      .until("VerifyingDrift", 60)
      .run(90);
    sim.unreadable.add("jobs");
    sim.run(60);
    sim.unreadable.clear();
    sim.until("RolledBack", 200);
    expect(reconciled(sim)).toBe("True/Equal");
  });

  test("ends as soon when the wall clock is put back meanwhile", () => {
    const sim = late().until("VerifyingDrift", 60);
    sim.now -= 3_600_000;
    sim.until("RolledBack", 200);
    expect(reconciled(sim)).toBe("True/Equal");
  });

  test("still brings back a pod that comes late", () => {
    const sim = late().until("VerifyingDrift", 60);
    const pod = sim.addPod("late-one");
    pod.name satisfies string;
    sim.until("RolledBack", 200);
    expect(sim.status.acks?.matched).toBe(4);
  });
});

test("a rollback within verifyDriftAfter compares nothing", () => {
  const sim = simulationAt("Guard", { spec: aSpec({ ...shortPlan, ...more }) }).run(20);
  sim.act("Rollback");
  sim.until("RolledBack", 60);
  expect(reconciled(sim)).toBe("Unknown/WithinVerifyDriftAfter");
  expect(sim.applied).not.toContain("createJob");
});
