// The destination is kept equal to a source that is written to: agreed to by people, proved by Jobs, ended by who moves the writers.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";

const roles = [{ name: "sre" }];

function aPlan(more: Partial<MigrationSpecInput> = {}) {
  return aSpec({
    ...shortPlan,
    checklist: { ...onlyReachable, approvals: { roles } },
    data: { sync: "Continuous" },
    ...more,
  });
}

function approve(sim: Simulation): Simulation {
  sim.act("Approve", { actor: "ada", role: "sre", planHash: sim.status.planHash });
  return sim;
}

const synced = (sim: Simulation) => sim.condition("DataSynced");
/** Syncs that run. */
const syncJobs = (sim: Simulation) =>
  sim.verifier.observe(sim.mark()).jobs.filter(({ name, state }) => name.includes("-sync-") && state === "running");
const approved = (spec = aPlan()) => approve(new Simulation({ spec }).run(20));
const guarded = () => approved().until("Guard", 20_000);

describe("a plan that has the destination synced", () => {
  test("begins once it is approved, goes on through cutover and guard, and ends when the base names the new store", () => {
    const sim = new Simulation({ spec: aPlan() }).run(60);
    expect([sim.phase, synced(sim), syncJobs(sim).length]).toEqual(["Preflight", "Unknown/SyncNotApproved", 0]);
    approve(sim).until("WarmUp", 200);
    const [job] = syncJobs(sim);
    expect([synced(sim), job?.name]).toEqual(["True/Synced", sim.status.sync?.job]);
    sim.until("Completed", 20_000).run(60);
    expect(syncJobs(sim)).toEqual([job]);
    expect(sim.status.sync?.number).toBe(1);
    sim.base = destinationIdentity;
    sim.run(120);
    expect([sim.condition("Settled"), syncJobs(sim)]).toEqual(["True/Settled", []]);
    expect(sim.status.sync?.result?.outcome).toBe("Stopped");
  });

  test("begins after the copy, and copies nothing more meanwhile", () => {
    const parity = { recheck: "2m", timeout: "10m" };
    const checklist = { ...onlyReachable, parity, approvals: { roles } };
    const sim = new Simulation({ spec: aPlan({ checklist, data: { copy: "IfIncomplete", sync: "Continuous" } }) });
    sim.verifier.parity = { missing: 12 };
    approve(sim.run(60)).run(20);
    expect([sim.condition("DataCopied"), synced(sim)]).toEqual(["Unknown/Copying", "Unknown/SyncWaits"]);
    sim.until("WarmUp", 400);
    expect([sim.status.copy?.number, syncJobs(sim).length]).toEqual([1, 1]);
  });

  test.each([
    ["isn't read through yet", { lagSeconds: null, state: "starting" }, "Unknown/SyncStarting"],
    ["is further behind than maxLag", { lagSeconds: 61 }, "False/SyncLags"],
    ["was compared too long ago", { verified: { ageSeconds: 3601, left: 0 } }, "Unknown/SyncUnverified"],
    ["was never compared", { verified: null }, "Unknown/SyncUnverified"],
    ["refuses chunks", { refused: 1 }, "False/SyncRefused"],
    ["still differs, and nobody else compares", { verified: { ageSeconds: 5, left: 1 } }, "False/SyncDiffers"],
  ] as const)("isn't cut over to a destination that %s", (_, reading, fact) => {
    const sim = approved();
    sim.verifier.sync = reading;
    sim.until("AwaitingCutover", 20_000).run(300);
    expect([sim.phase, synced(sim), sim.condition("Ready")?.split("/")[1]]).toEqual([
      "AwaitingCutover",
      fact,
      fact.split("/")[1],
    ]);
    sim.verifier.sync = {};
    sim.until("Guard", 600);
  });

  test("says so where there is no CronJob to sync by, before anything is sampled", () => {
    const sim = new Simulation({ spec: aPlan() });
    sim.verifier.sync = "none";
    approve(sim.run(20)).run(120);
    expect([sim.phase, synced(sim)]).toEqual(["Preflight", "Unknown/NoSyncTemplate"]);
    expect(sim.status.message).toContain("no suspended CronJob search-api-retriever-sync");
  });

  test("begins again after a Job ended, each time after twice as long, and tells of it once", () => {
    const sim = guarded();
    sim.verifier.sync = "fails";
    sim.run(1800);
    expect([synced(sim), sim.tickets.filter((reason) => reason === "SyncFailed")]).toEqual([
      "False/SyncFailed",
      ["SyncFailed"],
    ]);
    expect(sim.status.sync?.number).toBeLessThan(8);
    sim.verifier.sync = {};
    sim.run(3600);
    expect([synced(sim), syncJobs(sim).length]).toEqual(["True/Synced", 1]);
  });

  test("isn't begun again while nobody can read the overlay, which says what its stores are", () => {
    const sim = guarded();
    sim.verifier.sync = "fails";
    sim.run(60);
    sim.unreadable.add("overlay");
    sim.verifier.sync = {};
    sim.run(300);
    expect([sim.phase, synced(sim), syncJobs(sim)]).toEqual(["Guard", "Unknown/NotObserved", []]);
    sim.unreadable.delete("overlay");
    expect(syncJobs(sim.run(60)).length).toBe(1);
  });

  test("is over once the overlay is another migration's: nothing is begun, and it settles", () => {
    const sim = approved().until("Completed", 20_000).run(60);
    const { overlay } = sim;
    const document = overlay?.document;
    if (!overlay || !document) throw new Error("no overlay");
    sim.overlay = { ...overlay, document: { ...document, revision: { ...document.revision, migrationUid: "other" } } };
    sim.run(300);
    expect([sim.condition("Settled"), syncJobs(sim)]).toEqual(["True/Settled", []]);
  });

  test("ends with the WritersMoved of a person, and doesn't begin again", () => {
    const sim = guarded();
    sim.act("WritersMoved", { actor: "ada", reason: "deployed" });
    sim.run(300);
    expect([sim.phase, synced(sim), syncJobs(sim)]).toEqual(["Guard", "Unknown/WritersMoved", []]);
  });

  test.each(["Abort", "Rollback"] as const)("ends with the %s of a person, before anything is settled", (act) => {
    const sim = guarded();
    sim.act(act, { actor: "ada", reason: "enough" });
    sim.until("RolledBack", 600).run(60);
    expect([syncJobs(sim), sim.status.sync?.result?.outcome]).toEqual([[], "Stopped"]);
  });

  test("ends with a deletion", () => {
    const sim = approved().until("Ramp", 20_000);
    sim.delete();
    sim.run(120);
    expect(syncJobs(sim)).toEqual([]);
  });
});

test("whatever fails and whatever people do: at most one sync runs, and none after a rollback", () => {
  const step = fc.oneof(
    fc
      .constantFrom<Simulation["verifier"]["sync"]>("fails", "none", {}, { lagSeconds: 300 })
      .map((sync) => (sim: Simulation) => {
        sim.verifier.sync = sync;
      }),
    fc
      .constantFrom("Pause" as const, "Resume" as const, "WritersMoved" as const, "Rollback" as const)
      .map((act) => (sim: Simulation) => {
        sim.act(act, { actor: "ada", reason: "so" });
      }),
    fc.constantFrom(true, false).map((lost) => (sim: Simulation) => {
      sim.refusesStatus = lost;
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.integer({ min: 30, max: 240 })), { maxLength: 5 }), (steps) => {
      const sim = approved();
      for (const [apply, seconds] of steps) {
        apply(sim);
        for (let passed = 0; passed < seconds; passed += 30) {
          sim.run(30);
          expect(syncJobs(sim).length).toBeLessThan(2);
        }
      }
      sim.refusesStatus = false;
      sim.run(120);
      const isOver = ["RollingBack", "VerifyingDrift", "RolledBack"].includes(sim.phase);
      const mayRun = !isOver && sim.status.acts?.writersMoved === undefined;
      expect(mayRun ? [] : syncJobs(sim)).toEqual([]);
    }),
    { numRuns: 10 },
  );
});
