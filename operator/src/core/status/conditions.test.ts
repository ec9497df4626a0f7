// What the status says to people and tools: conditions, what is written when, what is announced.

import type { Condition, MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { closedBins } from "#test/builders/bins.ts";
import { someCounters } from "#test/builders/counters.ts";
import { aDetection, aStandingLine } from "#test/builders/detection.ts";
import { aRecord } from "#test/builders/epoch-record.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon } from "#test/builders/world.ts";
import { simulationAt } from "#test/simulate.ts";
import { decide } from "../decide.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { labelOf } from "../model/status-readings.ts";

const counters = someCounters({ requests: 5000, answered: 100, overlapSum: 100 });

function pass(migration: Migration, more: Partial<Observation> = {}, now = noon) {
  return decide({ migration, observation: anObservation(migration, counters, more), now });
}

function conditionOf(status: MigrationStatus, type: string): Condition | undefined {
  return status.conditions.find((condition) => condition.type === type);
}

describe("a condition", () => {
  it("keeps the time of its last flip while its reason and message change", () => {
    const migration = aMigration().in("Ramp").build();
    const first = pass(migration).status;
    const later = pass(
      { ...migration, status: first },
      { acts: { ok: false, why: "timed out" } },
      noon + 60_000,
    ).status;
    const [before, after] = [conditionOf(first, "Accepted"), conditionOf(later, "Accepted")];
    expect(after?.lastTransitionTime).toBe(before?.lastTransitionTime);
    expect(conditionOf(first, "Ready")).toMatchObject({ status: "True" });
    expect(conditionOf(later, "Ready")).toMatchObject({
      status: "False",
      reason: "NotObserved",
      lastTransitionTime: new Date(noon + 60_000).toISOString(),
    });
  });

  it("carries the generation it was judged for, as the status does", () => {
    const migration = aMigration().in("Ramp").build();
    const { status } = pass({ ...migration, meta: { ...migration.meta, generation: 7 } });
    expect(status.observedGeneration).toBe(7);
    expect(new Set(status.conditions.map(({ observedGeneration }) => observedGeneration))).toEqual(new Set([7]));
  });

  it("never says more than a status can hold", () => {
    const faults = Array.from({ length: 500 }, (_, index) => ({
      path: `stages[${index}]`,
      message: "expected a number",
    }));
    const migration: Migration = { ...aMigration().build(), spec: { ok: false, faults } };
    const { status } = pass(migration);
    expect(status.message).toHaveLength(2000);
    expect(Math.max(...status.conditions.map(({ message }) => message.length))).toBe(2000);
  });
});

describe("MetricsHealthy", () => {
  it.each([
    ["Preflight", {}, "Unknown/NotSampling"],
    ["Ramp", {}, "True/NoHarm"],
    ["Ramp", { scoreWorse: 90 }, "False/Harm"],
    ["Guard", {}, "True/NoHarm"],
  ] as const)("in %s with %o: %s", (phase, more, expected) => {
    const migration = aMigration().in(phase).build();
    const observation = anObservation(migration, { ...counters, ...more });
    const condition = conditionOf(decide({ migration, observation, now: noon }).status, "MetricsHealthy");
    expect(`${condition?.status}/${condition?.reason}`).toBe(expected);
  });

  it("is Unknown without an answer", () => {
    const migration = aMigration().in("Guard").build();
    const { status } = pass(migration, { pods: { ok: false, why: "timed out" } });
    expect(conditionOf(status, "MetricsHealthy")).toMatchObject({ status: "Unknown", reason: "NoEvidence" });
    expect(conditionOf(status, "ConfigPropagated")).toMatchObject({ status: "Unknown", reason: "NotObserved" });
  });
});

describe("a status is written", () => {
  const ramping = () => {
    const migration = aMigration().in("Ramp").build();
    return { ...migration, status: pass(migration).status };
  };
  /** One more bin has closed at noon and some seconds. */
  const moved = (migration: Migration, seconds: number, more: Partial<Counters> = {}) => {
    const bins = closedBins(noon + seconds * 1000, 1, someCounters({ ...counters, ...more }));
    const pods = ["pod-1", "pod-2"].map((name) =>
      aPod(name)
        .following(migration, counters)
        .saying(({ evidence }) => ({ evidence: { ...evidence, ...bins } }))
        .build(),
    );
    return anObservation(migration, counters, { pods: { ok: true, value: pods } });
  };

  it("not for counters alone within a gate window", () => {
    const migration = ramping();
    const decision = decide({ migration, observation: moved(migration, 20), now: noon + 29_000 });
    expect(decision.status).toBe(migration.status);
  });

  it("for counters once two gate windows have passed, on a clock set back too", () => {
    const migration = ramping();
    for (const now of [noon + 60_000, noon - 60_000]) {
      expect(decide({ migration, observation: moved(migration, 60), now }).status).not.toBe(migration.status);
    }
  });

  it("not at all while nothing changes", () => {
    const migration = {
      ...aMigration().in("AwaitingApproval").build(),
      spec: { ok: true as const, value: aSpec({ checklist: { profile: "Strict" } }) },
    };
    const plan = JSON.stringify(migration.spec.value);
    const waiting = { ...migration, status: { ...migration.status, plan } };
    const first = pass(waiting).status;
    const second = pass({ ...waiting, status: first }, {}, noon + 3_600_000);
    expect(second.status).toBe(first);
    expect(second.announcements).toEqual([]);
    expect(second.effects).toEqual([]);
  });

  it("at once when a gate's verdict changes", () => {
    const migration = ramping();
    const observation = moved(migration, 10, { answered: 2000 });
    expect(decide({ migration, observation, now: noon + 11_000 }).status).not.toBe(migration.status);
  });
});

describe("the ways a damaged status is met", () => {
  it.each([
    [
      "a stage that the plan doesn't have",
      "Ramp",
      { stage: { index: 9, count: 3, sampleRate: 0.1 } },
      "the plan doesn't have",
    ],
    ["the guard's clocks are gone", "Guard", { guard: undefined }, "lost the guard's clocks"],
    ["no stage before the cutover", "AwaitingCutover", { stage: undefined }, "names no stage of the plan"],
  ] as const)("%s: held with a message", (_name, phase, damage, words) => {
    const migration = aMigration(aSpec(shortPlan)).in(phase).with(damage).build();
    const { status } = pass(migration);
    expect(status.phase).toBe(phase);
    expect(status.message).toContain(words);
    expect(conditionOf(status, "Ready")?.status).toBe("False");
  });

  it("windows that a sidecar left out: judged by those that came", () => {
    for (const phase of ["Ramp", "Guard"] as const) {
      const migration = aMigration().in(phase).build();
      const pod = aPod()
        .following(migration, counters)
        .saying(({ evidence }) => ({
          evidence: {
            ...evidence,
            windows: evidence.windows.filter(({ seconds, offsetSeconds }) => seconds === 300 && offsetSeconds === 0),
          },
        }))
        .build();
      const { status } = pass(migration, { pods: { ok: true, value: [pod] } });
      expect(status.phase).toBe(phase);
      expect(conditionOf(status, "MetricsHealthy")?.status).toBe("True");
    }
  });

  it("harm without a stage to step down from: held", () => {
    const { epoch } = aMigration().in("Ramp").build().status;
    const detection = aDetection(epoch, [aStandingLine("score")]);
    const migration = aMigration().in("Ramp").with({ stage: undefined, detection }).build();
    const { status } = decide({
      migration,
      observation: anObservation(migration, { ...counters, scoreWorse: counters.answered }),
      now: noon,
    });
    expect(status.message).toContain("held at rate 0");
  });

  it("stores without a name: called by what they are", () => {
    const migration = aMigration().in("Guard").with({ source: undefined }).build();
    expect(labelOf(migration.status, "source")).toBe("the source");
    expect(pass(migration).status.message).not.toContain("undefined");
  });

  it("a rollback with no cause and no reason in the status still ends", () => {
    const migration = aMigration().in("RollingBack").build();
    const { status } = pass(migration);
    expect(status.phase).toBe("RolledBack");
    expect(conditionOf(status, "Stalled")).toMatchObject({ status: "True", reason: "RolledBack" });
  });

  it("many processes gone together with the stage: held, and nothing is cut over on what was counted", () => {
    const evidence = aRecord(5, { requests: 9000, answered: 900 }, { vanishedPods: 9 });
    const { status } = pass(aMigration().in("AwaitingCutover").with({ stage: undefined, evidence }).build());
    expect([status.phase, status.message]).toEqual(["AwaitingCutover", expect.stringContaining("names no stage")]);
  });
});

describe("Reconciling and Stalled", () => {
  it("are never there together, whatever the story", () => {
    const sim = simulationAt("Guard", { spec: aSpec(shortPlan) });
    sim.act("Rollback");
    sim.runWhile(() => sim.phase !== "RollingBack", 60);
    expect([sim.condition("Reconciling"), sim.condition("Stalled")]).toEqual(["True/RollbackRequested", undefined]);
    sim.until("RolledBack", 60);
    expect([sim.condition("Reconciling"), sim.condition("Stalled")]).toEqual([undefined, undefined]);
  });
});
