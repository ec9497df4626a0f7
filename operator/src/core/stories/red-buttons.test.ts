// Whatever part of a status or a plan can't be read: a person's Rollback is taken, reaches the pods, and comes to its end.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { decide } from "../decide.ts";
import { readableStatus } from "../recover.ts";

const spec = aSpec(shortPlan);
const edited = aSpec({ ...shortPlan, writes: "SourceOnly" });
const phases = ["Preflight", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"] as const satisfies Phase[];
const faults = [{ path: "spec.stages", message: "received 3, expected a list" }];

type Damage = readonly [string, (sim: Simulation) => void];

function withoutPlan(sim: Simulation): void {
  sim.status = { ...sim.status, plan: '{"target":1}' };
}

const ofPlans: readonly Damage[] = [
  [
    "the plan, and the spec was edited",
    (sim) => {
      withoutPlan(sim);
      sim.spec = { ok: true, value: edited };
    },
  ],
  [
    "the plan and a field of the spec",
    (sim) => {
      withoutPlan(sim);
      const { stages: _stages, ...sound } = spec;
      sim.spec = { ok: false, faults, sound };
    },
  ],
  [
    "the plan and all of the spec but its target",
    (sim) => {
      withoutPlan(sim);
      sim.spec = { ok: false, faults, sound: { target: spec.target } };
    },
  ],
];

/** The stored status with a member that can't be read, or that is gone. */
function damage(sim: Simulation, member: string, value: unknown): void {
  sim.status = readableStatus({ ...sim.status, [member]: value });
}

/** Each member of the status by itself. */
function ofMembers(sim: Simulation): readonly Damage[] {
  const members = Object.keys(sim.status).filter((name) => name !== "phase");
  return members.map((member) => [member, (one) => damage(one, member, { form: ["of", { another: "version" }] })]);
}

/** Where the fleet and its overlay are once the rollback has come to its end. */
function after(sim: Simulation, act: "Rollback" | "Abort"): unknown {
  sim.act(act);
  sim.until("RolledBack", 900);
  const { pods } = sim.observation();
  const served = pods.ok ? pods.value.map(({ status }) => status.ok && status.value.config.primary) : [];
  return { served: [...new Set(served)], overlay: sim.overlay?.document?.primary };
}

const back = { served: ["source"], overlay: "source" };

describe.each(phases)("a migration in %s", (phase) => {
  it("of which any member of the status can't be read, with its plan or without, goes back when a person says so", () => {
    const whole = simulationAt(phase, { spec });
    for (const [member, break_] of ofMembers(whole)) {
      for (const [plan, breakPlan] of [["nothing else", () => undefined] as Damage, ...ofPlans.slice(2)]) {
        const sim = whole.clone();
        break_(sim);
        breakPlan(sim);
        expect({ member, plan, ...(after(sim, "Rollback") as object) }).toEqual({ member, plan, ...back });
      }
    }
  });

  it.each(ofPlans)(
    "that lost %s holds, is told of as long as it lasts, and is taken back by an Abort",
    (_what, break_) => {
      const sim = simulationAt(phase, { spec });
      break_(sim);
      const { status, announcements } = sim.reconcile();
      expect(status.phase).toBe(phase);
      expect(announcements.map(({ reason }) => reason)).toContain("PlanDamaged");
      expect(sim.isQuiet()).toBe(true);
      const later = decide({ migration: sim.migration, observation: sim.observation(), now: sim.now + 5 * 3_600_000 });
      expect(later.announcements.map(({ reason }) => reason)).toContain("HoldOverdue");
      expect(after(sim, "Abort")).toEqual(back);
    },
  );

  it("whose phase can't be read goes back when a person says so", () => {
    const sim = simulationAt(phase, { spec });
    damage(sim, "phase", "Levitating");
    expect(after(sim, "Rollback")).toEqual(back);
  });
});
