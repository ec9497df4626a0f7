// A sync beside the rest: what it may remove before a cutover, who hears of one that isn't in step, and how it ends at the end.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, test } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";
import { mayRemove } from "../verification/purpose.ts";

const roles = [{ name: "sre" }];

function approved(more: Partial<MigrationSpecInput> = {}): Simulation {
  const checklist = { ...onlyReachable, approvals: { roles } };
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist, data: { sync: "Continuous" }, ...more }) }).run(
    20,
  );
  sim.act("Approve", { actor: "ada", role: "sre", planHash: sim.status.planHash });
  return sim;
}

const longGuard = { guard: { duration: "6h", deadline: "24h" }, communications: { sinks: ["ops"] } };
const guarded = () => approved(longGuard).until("Guard", 20_000);
const syncs = (sim: Simulation) => sim.verifier.observe(sim.mark()).jobs.filter(({ state }) => state === "running");
/** What a sync that removes says, once it was asked with the leave that it has. */
const obey = (sim: Simulation) => {
  sim.verifier.sync = { removals: mayRemove(sim.status) ? "allowed" : "held" };
};

describe("a sync that removes what only the destination has", () => {
  test("has acknowledged that it stops before the overlay sends anybody there, and has no leave from then on", () => {
    const sim = approved();
    const leaves: string[] = [];
    for (let passes = 0; passes < 4000 && sim.phase !== "Guard"; passes += 1) {
      obey(sim);
      sim.run(5);
      const isServed = sim.overlay?.document?.primary === "destination";
      leaves.push(`${sim.phase} ${isServed ? "served" : "not served"} ${mayRemove(sim.status) ? "leave" : "no leave"}`);
    }
    expect(sim.phase).toBe("Guard");
    expect(new Set(leaves)).toContain("AwaitingCutover not served no leave");
    expect(leaves.filter((line) => line.endsWith("served leave") && !line.includes("not served"))).toEqual([]);
    expect([...new Set(leaves)].filter((line) => line.startsWith("Ramp"))).toEqual(["Ramp not served leave"]);
  });

  test("and doesn't acknowledge it isn't cut over from, and gets its leave back once something else is open", () => {
    const sim = approved();
    sim.verifier.sync = { removals: "allowed" };
    sim.until("AwaitingCutover", 20_000).run(60);
    expect([sim.phase, sim.condition("Ready"), mayRemove(sim.status)]).toEqual([
      "AwaitingCutover",
      "True/SyncRemoves",
      false,
    ]);
    sim.verifier.sync = { removals: "allowed", lagSeconds: 600 };
    sim.run(20);
    expect([sim.condition("Ready"), mayRemove(sim.status)]).toEqual(["False/SyncLags", true]);
  });

  test("without asking for leave isn't cut over from, and the message says what to change", () => {
    const sim = approved();
    sim.verifier.sync = { removals: "free" };
    sim.until("AwaitingCutover", 20_000).run(60);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["AwaitingCutover", "False/SyncRemovesUnasked"]);
    expect(sim.status.message).toContain("give CronJob search-api-retriever-sync --removals-need-leave");
  });

  test("makes a Promote wait until it has acknowledged, and not for longer", () => {
    const promoted = () => {
      const sim = approved({ cutover: { ...shortPlan.cutover, hold: true } });
      sim.verifier.sync = { removals: "allowed" };
      sim.until("AwaitingCutover", 20_000).run(60);
      expect([sim.condition("Ready"), mayRemove(sim.status)]).toEqual(["True/AwaitingPromote", true]);
      sim.act("Promote", { reason: "go" });
      sim.run(6);
      expect([sim.phase, sim.condition("Ready")]).toEqual(["AwaitingCutover", "True/SyncRemoves"]);
      return sim;
    };
    const sim = promoted();
    obey(sim);
    expect(sim.until("Guard", 600).said.filter(({ reason }) => reason === "ActRefused")).toEqual([]);
    const stuck = promoted().run(600);
    expect([stuck.phase, stuck.condition("Ready"), mayRemove(stuck.status)]).toEqual([
      "AwaitingCutover",
      "True/AwaitingPromote",
      true,
    ]);
    expect(stuck.said.map(({ reason }) => reason)).toContain("ActExpired");
  });
});

describe("a destination that isn't in step", () => {
  const overdue = (sim: Simulation) => sim.said.filter(({ reason }) => reason === "SyncOverdue");

  test.each([
    ["lags", { lagSeconds: 600 }, 1],
    ["is refused chunks", { refused: 3 }, 1],
    ["has a sync that hasn't begun to follow, for an hour,", { state: "starting", lagSeconds: null }, 2],
  ] as const)("and %s is told of once it has lasted, and once a day from then on", (_, reading, hours) => {
    const sim = guarded();
    sim.verifier.sync = reading;
    sim.run(hours * 1800 - 1000);
    expect(overdue(sim)).toEqual([]);
    sim.run(3600);
    expect(overdue(sim)).toMatchObject([{ severity: "ticket" }]);
    expect(sim.tickets.filter((reason) => reason.startsWith("Sync"))).toEqual(["SyncOverdue"]);
  });

  test("whose sync can't be asked is told of", () => {
    const sim = guarded();
    const observe = sim.verifier.observe.bind(sim.verifier);
    const unread = { sync: { ok: false, why: "sync of 10.0.0.9:7091 (ECONNREFUSED)" } } as const;
    sim.verifier.observe = (time) => {
      const seen = observe(time);
      const jobs = seen.jobs.map((job) => ({ ...job, pods: job.pods.map((pod) => ({ ...pod, ...unread })) }));
      return { ...seen, jobs };
    };
    sim.run(1200);
    expect(sim.condition("DataSynced")).toBe("Unknown/SyncNotObserved");
    expect(overdue(sim).map(({ message }) => message)).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  test("every few minutes is one ticket, which is over once it is in step for long", () => {
    const sim = guarded();
    for (let turns = 0; turns < 20; turns += 1) {
      sim.verifier.sync = turns % 2 === 0 ? { lagSeconds: 90 } : {};
      sim.run(180);
    }
    expect(sim.tickets.filter((reason) => reason.startsWith("Sync"))).toEqual(["SyncOverdue"]);
    sim.verifier.sync = {};
    sim.run(1800);
    expect(sim.status.syncLate).toBeUndefined();
    expect(sim.status.outbox?.filter(({ reason }) => reason === "SyncOverdue").map(({ kind }) => kind)).toEqual([
      "Ticket",
      "Resolved",
    ]);
  });

  test("for less than that is nobody's", () => {
    const sim = guarded();
    sim.verifier.sync = { lagSeconds: 90 };
    sim.run(600);
    sim.verifier.sync = {};
    sim.run(1800);
    expect([sim.tickets, sim.status.syncLate]).toEqual([[], undefined]);
  });
});

describe("a completed migration whose base still names the old store", () => {
  test("ends its sync with a WritersMoved, and takes no other act", () => {
    const sim = approved().until("Completed", 20_000).run(60);
    expect([syncs(sim).length, sim.status.message]).toEqual([1, expect.stringContaining("until a WritersMoved act")]);
    sim.act("Pause");
    sim.act("WritersMoved", { reason: "deployed" });
    sim.run(300);
    expect([sim.phase, syncs(sim), sim.condition("DataSynced")]).toEqual(["Completed", [], "Unknown/WritersMoved"]);
    expect(sim.status.message).not.toContain("WritersMoved act");
    expect(sim.said.filter(({ reason }) => reason === "ActRefused").map(({ message }) => message)).toEqual([
      "Pause by ada has no effect: a migration in phase Completed never runs again",
    ]);
  });
});
