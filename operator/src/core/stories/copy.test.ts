// What the destination lacks is copied before the first sample: asked for by the plan, agreed to by people, told of by Jobs.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";

type Checklist = NonNullable<MigrationSpecInput["checklist"]>;

const roles = [{ name: "sre" }];
const copying = { copy: "IfIncomplete" } as const;

function aPlan(checklist: Checklist = {}, more: Partial<MigrationSpecInput> = {}) {
  const parity = { recheck: "2m", timeout: "10m" };
  const asked = { ...onlyReachable, parity, approvals: { roles }, ...checklist };
  return aSpec({ ...shortPlan, checklist: asked, data: copying, ...more });
}

/** A migration of whose chunks the destination lacks twelve. */
function incomplete(spec = aPlan()): Simulation {
  const sim = new Simulation({ spec });
  sim.verifier.parity = { missing: 12 };
  return sim;
}

function approve(sim: Simulation): Simulation {
  sim.act("Approve", { actor: "ada", role: "sre", planHash: sim.status.planHash });
  return sim;
}

const copied = (sim: Simulation) => sim.condition("DataCopied");
const copyJobs = (sim: Simulation) =>
  sim.verifier.observe(sim.mark()).jobs.filter(({ name }) => name.includes("-copy-")).length;

describe("a plan that has an incomplete destination filled", () => {
  test("copies once it is approved, compares again, and goes on", () => {
    const sim = incomplete().run(120);
    expect([sim.phase, copied(sim), copyJobs(sim)]).toEqual(["Preflight", "Unknown/CopyNotApproved", 0]);
    expect(sim.status.message).toContain("before anything is copied: approve plan");
    approve(sim).run(15);
    expect([sim.phase, copied(sim), copyJobs(sim)]).toEqual(["Preflight", "Unknown/Copying", 1]);
    sim.until("WarmUp", 200);
    expect(copied(sim)).toBe("True/Copied");
    expect(sim.status.copy).toMatchObject({ number: 1, result: { outcome: "Completed" } });
    expect(sim.status.verification?.runs).toMatchObject([{ number: 2, result: { reason: "Equal" } }]);
  });

  test("copies nothing where both stores are equal", () => {
    const sim = new Simulation({ spec: aPlan() }).until("AwaitingApproval", 120);
    expect([copied(sim), sim.status.copy]).toEqual(["True/NothingToCopy", undefined]);
  });

  test("copies nothing where the destination only has more: that is left to people", () => {
    const sim = incomplete();
    sim.verifier.parity = { extra: 3 };
    approve(sim.run(60)).run(60);
    expect([sim.phase, copyJobs(sim), sim.condition("Ready")]).toEqual(["Preflight", 0, "False/Drift"]);
  });

  test("copies once where nobody compares", () => {
    const sim = approve(incomplete(aPlan({ parity: { policy: "Skip" } })).run(20)).until("WarmUp", 200);
    expect([copied(sim), sim.status.copy?.number]).toEqual(["True/Copied", 1]);
  });

  test("tells of a copy that failed, once, and copies again after a while", () => {
    const sim = incomplete();
    sim.verifier.copier = "fails";
    approve(sim.run(60)).run(100);
    expect([sim.phase, copied(sim), sim.condition("Ready")]).toEqual([
      "Preflight",
      "False/CopyFailed",
      "False/CopyFailed",
    ]);
    expect(sim.status.message).toContain("BackoffLimitExceeded");
    expect(sim.tickets).toEqual(["CopyFailed"]);
    sim.verifier.copier = "completes";
    sim.until("WarmUp", 400);
    expect(sim.status.copy?.number).toBe(2);
  });

  test("opens one ticket for a copy that goes on failing, and waits twice as long each time", () => {
    const sim = incomplete();
    sim.verifier.copier = "fails";
    approve(sim.run(60)).run(3000);
    expect(sim.tickets.filter((reason) => reason === "CopyFailed")).toHaveLength(1);
    expect(sim.status.copy?.number).toBeLessThan(6);
  });

  test("says so where there is no CronJob to copy by", () => {
    const sim = incomplete();
    sim.verifier.copier = "none";
    approve(sim.run(60)).run(60);
    expect([copied(sim), copyJobs(sim)]).toEqual(["Unknown/NoCopyTemplate", 0]);
    expect(sim.status.message).toContain("no suspended CronJob search-api-retriever-copy");
  });

  test("whose Job isn't let in has not started after five minutes, and is made once it is", () => {
    const sim = incomplete();
    sim.verifier.copier = "refused";
    approve(sim.run(60)).run(420);
    expect([copied(sim), sim.tickets]).toEqual(["False/CopyNotStarted", ["CopyNotStarted"]]);
    expect(sim.status.copy?.result?.message).toContain("could not be made within 5m");
    sim.verifier.copier = "completes";
    sim.until("WarmUp", 800);
    expect(sim.status.copy?.absentSince).toBeUndefined();
  });

  test("isn't told of as standing still while a copy takes hours", () => {
    const sim = incomplete();
    approve(sim.run(60));
    sim.verifier.takesMs = 6 * 3_600_000;
    sim.run(5 * 3600);
    expect([copied(sim), sim.tickets]).toEqual(["Unknown/Copying", []]);
  });
});

describe("a copy under way", () => {
  const underWay = (): Simulation => {
    const sim = approve(incomplete().run(60));
    sim.verifier.takesMs = 1e9;
    return sim.run(20);
  };

  test("ends with an Abort, and nothing is settled before its Job is gone", () => {
    const sim = underWay();
    expect(copyJobs(sim)).toBe(1);
    sim.unreadable.add("jobs");
    sim.act("Abort");
    sim.run(300);
    expect([sim.phase, sim.condition("Settled"), copyJobs(sim)]).toEqual(["RolledBack", "False/StoppingCopy", 1]);
    sim.unreadable.delete("jobs");
    sim.run(60);
    expect([copyJobs(sim), sim.status.copy?.result?.outcome]).toEqual([0, "Stopped"]);
    expect(sim.condition("Settled")).toBe("True/Settled");
  });

  test("ends with the plan that was approved, and the edited one asks again", () => {
    const sim = underWay();
    sim.meta = { ...sim.meta, generation: 2 };
    sim.spec = { ok: true, value: aPlan({}, { gates: { window: "20s", minDwell: "30s" } }) };
    sim.verifier.takesMs = 30_000;
    sim.run(90);
    expect([sim.phase, copyJobs(sim), copied(sim)]).toEqual(["Preflight", 0, "Unknown/CopyNotApproved"]);
  });

  test("whose Job somebody deletes is begun again under the same name", () => {
    const sim = underWay();
    const job = sim.status.copy?.job ?? "";
    sim.verifier.apply({ kind: "deleteJobs", jobs: [job] }, { nowMs: sim.now, ...sim.mark() });
    expect(copyJobs(sim.run(20))).toBe(1);
    expect(sim.status.copy).toMatchObject({ number: 1, job });
  });
});

test("whatever the checklist says, nothing is copied before somebody has approved the plan", () => {
  const skip = { policy: "Skip" } as const;
  const checklist = fc.record(
    {
      profile: fc.constantFrom("Standard" as const, "Strict" as const),
      parity: fc.constantFrom<Checklist["parity"]>(skip, { recheck: "1m" }),
      reachable: fc.constantFrom<Checklist["reachable"]>(skip, {}),
      approvals: fc.constantFrom<Checklist["approvals"]>({ roles }, { fourEyes: true }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(checklist, fc.constantFrom("Migrate" as const, "Validate" as const), (given, mode) => {
      const spec = aSpec({ ...shortPlan, mode, requestedBy: "ada", data: copying, checklist: given });
      const sim = incomplete(spec).run(240);
      expect([sim.status.copy, copyJobs(sim)]).toEqual([undefined, 0]);
    }),
    { numRuns: 20 },
  );
});
