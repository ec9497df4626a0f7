// After a late rollback a person has the chunks of the kept report brought to the source: agreed to by digest, proved by the
// Job's own last comparison.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, test } from "vitest";
import type { Effect } from "#core/model/decision.ts";
import type { Observation } from "#core/model/observation.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";

const more: Partial<MigrationSpecInput> = {
  rollback: { ...shortPlan.rollback, verifyDriftAfter: "1m" },
  communications: { sinks: ["engineering"] },
};
const spec = aSpec({ ...shortPlan, ...more });
const digest = "0".repeat(64);

/** What the operator reads beside the toy cluster: by default somebody proves who acts, and no policy forbids. */
type Seen = Partial<Pick<Observation, "actIdentity" | "policies" | "claims" | "jobs">>;

class Story extends Simulation {
  seen: Seen = { actIdentity: { ok: true, value: "proved" }, policies: { ok: true, value: [] } };
  readonly effects: Effect[] = [];

  /** What another simulation has come to. */
  static after(before: Simulation): Story {
    const sim = new Story({ spec });
    sim.become(before);
    return sim;
  }

  override observation(): Observation {
    return { ...super.observation(), ...this.seen };
  }

  override apply(effect: Effect): void {
    this.effects.push(effect);
    super.apply(effect);
  }
}

/** Rolled back late, with seven corrections of a report that is kept. */
function rolledBack(arrange: (sim: Story) => unknown = () => undefined): Story {
  const sim = Story.after(simulationAt("Guard", { spec }).run(120));
  sim.verifier.keepsReports = true;
  sim.verifier.parity = { extra: 5, stale: 2, missing: 9 };
  arrange(sim);
  sim.act("Rollback", { reason: "answers look wrong" });
  sim.until("RolledBack", 300).run(60);
  return sim;
}

function repair(sim: Story, more: { readonly digest?: string } = { digest }): Story {
  sim.act("RepairDrift", more);
  return sim;
}

const drift = (sim: Story) => sim.condition("DriftResolved");
const told = (sim: Story) => sim.said.findLast(({ reason }) => reason === "ActRefused")?.message ?? "";
const repairs = (sim: Story) => sim.effects.flatMap((one) => (one.kind === "createJob" && one.repair ? [one] : []));

describe("a late rollback whose report is kept", () => {
  test("says by which digest it is repaired, and nothing is written before somebody says it", () => {
    const sim = rolledBack().run(3600);
    expect(drift(sim)).toBe("False/CorrectionsOpen");
    const condition = sim.status.conditions.find(({ type }) => type === "DriftResolved");
    expect(condition?.message).toContain(`RepairDrift brings them there by digest ${digest}`);
    expect(repairs(sim)).toEqual([]);
  });

  test("is repaired by one Job, from that report, and resolved by what the Job compared last", () => {
    const sim = repair(rolledBack()).run(10);
    expect([drift(sim), sim.condition("Settled")]).toEqual(["False/DriftRepairing", "False/RepairingDrift"]);
    sim.run(120);
    expect(drift(sim)).toBe("True/DriftRepaired");
    const [made, ...others] = repairs(sim);
    expect(others).toEqual([]);
    expect(made?.repair).toMatchObject({ digest, from: "docs-to-qdrant-drift", to: "search-api-retriever-drift" });
    const overlay = JSON.parse(made?.repair?.overlay ?? "");
    expect(overlay).toMatchObject({ primary: "source", shadow: "none", released: false, rollback: true });
    expect(overlay.destination).toEqual(JSON.parse(JSON.stringify(spec.destination)));
    expect(sim.status.repair).toMatchObject({ number: 1, actor: "ada", digest, result: { outcome: "Completed" } });
    expect(sim.said.filter(({ reason }) => reason === "DriftRepaired")).toHaveLength(1);
    expect([sim.condition("Settled"), sim.isQuiet()]).toEqual(["True/Settled", true]);
  });

  test.each([
    ["leaves chunks open", "leaves", "are left; its log names them"],
    ["ends with an error", "fails", "left no result: RETR_STORE_UNAVAILABLE: no answer"],
  ] as const)(
    "stays unresolved when the Job %s: a ticket says so, and it can be asked for again",
    (_, repairer, words) => {
      const sim = rolledBack(({ verifier }) => (verifier.repairer = repairer));
      repair(sim).run(120);
      expect(drift(sim)).toBe("False/DriftRepairFailed");
      expect(sim.status.repair?.result?.message).toContain(words);
      expect(sim.tickets.filter((reason) => reason === "DriftRepairFailed")).toHaveLength(1);
      expect(sim.condition("Settled")).toBe("True/Settled");
      sim.verifier.repairer = "completes";
      repair(sim).run(120);
      expect([drift(sim), sim.status.repair?.number]).toEqual(["True/DriftRepaired", 2]);
    },
  );

  test("has a ticket where the Job isn't made within five minutes", () => {
    const sim = repair(rolledBack(({ verifier }) => (verifier.repairer = "refused"))).run(400);
    expect(drift(sim)).toBe("False/DriftRepairNotStarted");
    expect(sim.tickets).toContain("DriftRepairNotStarted");
  });

  test("is repaired once, however often the act comes and whichever operator takes it", () => {
    const sim = rolledBack();
    repair(repair(sim)).run(10);
    expect(told(sim)).toContain("repairs already");
    const successor = Story.after(sim);
    repair(successor).run(120);
    expect([drift(successor), successor.status.repair?.number]).toEqual(["True/DriftRepaired", 1]);
    repair(successor).run(10);
    expect(told(successor)).toContain("nothing is left to reconcile");
  });

  test("has the Job made again when somebody deletes it", () => {
    const sim = repair(rolledBack()).run(10);
    const job = sim.status.repair?.job ?? "";
    sim.apply({ kind: "deleteJobs", jobs: [job] });
    sim.run(120);
    expect([drift(sim), repairs(sim).map((one) => one.job)]).toEqual(["True/DriftRepaired", [job, job]]);
  });

  test("has the repair ended by who closes the corrections", () => {
    const sim = rolledBack();
    sim.verifier.takesMs = 600_000;
    repair(sim).run(10);
    sim.act("Waive", { check: "parity", reason: "the chunks are worthless" });
    sim.run(30);
    expect([drift(sim), sim.status.repair?.result?.outcome]).toEqual(["True/Waived", "Stopped"]);
    expect(sim.condition("Settled")).toBe("True/Settled");
  });

  test("has the repair ended by a policy that forbids writing, and by another migration that gets the target", () => {
    const forbidding = { ok: true, value: [{ name: "freeze", spec: { storeWrites: "Forbid" }, underWay: [] }] };
    const rival = { name: "next", uid: "z", createdAt: 9e12, phase: "Preflight", accepted: true, settled: false };
    for (const seen of [{ policies: forbidding }, { claims: { ok: true, value: [rival] } }]) {
      const sim = repair(rolledBack()).run(5);
      sim.seen = { ...sim.seen, ...(seen as unknown as Seen) };
      sim.run(60);
      expect([drift(sim), sim.status.repair?.result?.outcome]).toEqual(["False/CorrectionsOpen", "Stopped"]);
    }
  });

  test("lets the migration be deleted while it is repaired", () => {
    const sim = repair(rolledBack()).run(5);
    sim.delete();
    sim.runWhile(() => !sim.gone, 120);
    expect(sim.effects).toContainEqual({ kind: "deleteJobs", jobs: [sim.status.repair?.job] });
  });
});

describe("a RepairDrift is refused, and writes nothing,", () => {
  const rival = {
    name: "next",
    uid: "z",
    createdAt: 9e12,
    phase: "Preflight",
    accepted: true,
    settled: false,
  } as const;
  const policy = { name: "freeze", spec: { storeWrites: "Forbid" }, underWay: [] };

  test.each<[string, (sim: Story) => unknown, string]>([
    [
      "where it can't be looked up whether people are who they say",
      (sim) => (sim.seen = { ...sim.seen, actIdentity: { ok: false, why: "timed out" } }),
      "nobody proves who asks",
    ],
    [
      "where the admission policy isn't in force",
      (sim) => (sim.seen = { ...sim.seen, actIdentity: { ok: true, value: "unproved" } }),
      "nobody proves who asks",
    ],
    [
      "where another migration has the target",
      (sim) => (sim.seen = { ...sim.seen, claims: { ok: true, value: [rival] } }),
      "migration next has the target by now",
    ],
    [
      "where nobody knows who has the target",
      (sim) => (sim.seen = { ...sim.seen, claims: { ok: false, why: "timed out" } }),
      "can't be read: timed out",
    ],
    [
      "where a policy forbids it",
      (sim) => (sim.seen = { ...sim.seen, policies: { ok: true, value: [policy as never] } }),
      "a policy of this namespace lets no store be written to",
    ],
    [
      "where policies can't be read",
      (sim) => (sim.seen = { ...sim.seen, policies: { ok: false, why: "?" } }),
      "nobody knows whether policies let",
    ],
    [
      "where there is no CronJob to make it from",
      ({ verifier }) => (verifier.repairer = "none"),
      "there is no suspended CronJob search-api-retriever-repair",
    ],
    ["where the Jobs can't be read", (sim) => sim.unreadable.add("jobs"), "the Jobs can't be read"],
  ])("%s", (_, arrange, words) => {
    const sim = rolledBack();
    arrange(sim);
    repair(sim).run(60);
    expect(told(sim)).toContain(words);
    expect([repairs(sim), sim.status.repair]).toEqual([[], undefined]);
  });

  test("where it names another report", () => {
    const sim = repair(rolledBack(), { digest: "1".repeat(64) }).run(60);
    expect(told(sim)).toContain(`it names report ${"1".repeat(64)}; the one of this rollback is ${digest}`);
    expect(repairs(sim)).toEqual([]);
  });

  test("where the report isn't kept whole", () => {
    const sim = repair(rolledBack(({ verifier }) => (verifier.keepsReports = false))).run(60);
    expect(told(sim)).toContain("the report isn't kept whole");
    expect(repairs(sim)).toEqual([]);
  });

  test("where nothing is left to reconcile", () => {
    const sim = repair(rolledBack(({ verifier }) => (verifier.parity = { missing: 9 }))).run(60);
    expect(told(sim)).toContain("nothing is left to reconcile");
    expect(repairs(sim)).toEqual([]);
  });

  test("before the end of a rollback", () => {
    const sim = Story.after(simulationAt("Guard", { spec }));
    repair(sim).run(10);
    expect(told(sim)).toContain("the phase is Guard; RepairDrift is taken in RolledBack");
  });
});
