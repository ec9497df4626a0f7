import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";

function asking(cronJobs: readonly string[], tests: Readonly<Record<string, boolean>>): Simulation {
  const checklist = { ...onlyReachable, smokeTests: { cronJobs: [...cronJobs], timeout: "2m" } };
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist }) });
  sim.verifier.tests = tests;
  return sim;
}

const jobs = (sim: Simulation) => sim.applied.filter((kind) => kind === "createJob").length;

describe("the check smokeTests", () => {
  test("runs a Job of every CronJob, and lets the migration go on once all have completed", () => {
    const sim = asking(["api-smoke", "ui-smoke"], { "api-smoke": true, "ui-smoke": true }).run(20);
    expect([sim.phase, sim.status.message]).toEqual(["Preflight", "preflight: waiting for api-smoke, ui-smoke"]);
    sim.until("WarmUp", 120);
    expect(jobs(sim)).toBe(2);
    expect(sim.status.smokeTests?.map(({ cronJob, result }) => [cronJob, result?.passed])).toEqual([
      ["api-smoke", true],
      ["ui-smoke", true],
    ]);
  });

  test("that fails blocks, says which, and is tried again after a while", () => {
    const sim = asking(["api-smoke"], { "api-smoke": false }).run(60);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["Preflight", "False/SmokeTestFailed"]);
    expect(sim.status.message).toContain("api-smoke: Job docs-to-qdrant-smoke-1-1-");
    sim.verifier.tests = { "api-smoke": true };
    sim.until("WarmUp", 300);
    expect(jobs(sim)).toBe(2);
  });

  test.each([
    ["names none", [], {}, "False/NoSmokeTests"],
    ["names one that doesn't exist", ["api-smoke"], {}, "False/NoTemplate"],
  ])("whose list %s is Unknown and blocks", (_, cronJobs, tests, ready) => {
    const sim = asking(cronJobs, tests).run(60);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["Preflight", ready]);
    sim.act("Waive", { check: "smokeTests", reason: "tested by hand" });
    sim.until("WarmUp", 60);
  });

  test("is asked again of a plan that was changed", () => {
    const sim = asking(["api-smoke"], { "api-smoke": true });
    const approvals = { roles: [{ name: "sre" }] };
    const checklist = { ...onlyReachable, approvals, smokeTests: { cronJobs: ["api-smoke"] } };
    sim.spec = { ok: true, value: aSpec({ ...shortPlan, checklist }) };
    sim.until("AwaitingApproval", 120);
    expect(jobs(sim)).toBe(1);
    sim.meta = { ...sim.meta, generation: 2 };
    sim.spec = { ok: true, value: aSpec({ ...shortPlan, checklist, gates: { window: "20s", minDwell: "30s" } }) };
    sim.run(90);
    expect([sim.phase, jobs(sim)]).toEqual(["AwaitingApproval", 2]);
  });

  test.each(["copy", "sync", "repair"])("never makes a Job from the template of a %s", (which) => {
    const name = `search-api-retriever-${which}`;
    const sim = asking(["api-smoke"], { [name]: true });
    if (sim.spec.ok) sim.spec.value.checklist.smokeTests.cronJobs = [name];
    sim.run(60);
    expect([sim.phase, jobs(sim), sim.condition("Ready")]).toEqual(["Preflight", 0, "False/NoTemplate"]);
  });
});

test("a smoke test under way ends with an Abort, and nothing is settled before its Job is gone", () => {
  const sim = asking(["api-smoke"], { "api-smoke": true });
  sim.verifier.takesMs = 1e9;
  sim.run(20);
  sim.unreadable.add("jobs");
  sim.act("Abort");
  sim.run(300);
  expect([sim.phase, sim.condition("Settled")]).toEqual(["RolledBack", "False/StoppingTests"]);
  sim.unreadable.delete("jobs");
  sim.run(60);
  expect([sim.verifier.observe(sim.mark()).jobs, sim.condition("Settled")]).toEqual([[], "True/Settled"]);
});
