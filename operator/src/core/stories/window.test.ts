// What a migration waits for besides evidence: the window, a validation, a region's peak.

import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { validationHash } from "@retriever/crds/spec/plan.ts";
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/toy-pod.ts";

type Checklist = NonNullable<MigrationSpecInput["checklist"]>;

function withChecklist(more: Checklist, rest: Partial<MigrationSpecInput> = {}) {
  return aSpec({ ...shortPlan, checklist: { ...onlyReachable, ...more }, ...rest });
}

/** The simulation begins on Sunday, 1 March 2026, at midnight UTC. */
const sunday = ["Sun"] as const;

describe("the window", () => {
  it("closed holds the start, says when it opens next, and opens by itself", () => {
    const window = { timeZone: "UTC", days: [...sunday], start: "01:00", end: "04:00" };
    const sim = new Simulation({ spec: withChecklist({ window }) }).run(600);
    expect(sim.phase).toBe("AwaitingApproval");
    expect(sim.status.message).toContain("it opens next at Sun 2026-03-01 01:00 UTC");
    expect(sim.condition("Ready")).toBe("True/WindowClosed");
    expect(sim.isQuiet()).toBe(true);
    sim.until("WarmUp", 3600);
    expect(new Date(sim.now).toISOString()).toMatch(/^2026-03-01T01:00/);
  });

  it("that closes during the ramp holds the cutover until it opens again, though a Promote is there", () => {
    const window = { timeZone: "UTC", days: [...sunday, "Mon" as const], start: "00:00", end: "00:02" };
    const sim = simulationAt("AwaitingCutover", { spec: withChecklist({ window }) });
    sim.act("Promote");
    sim.run(300);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.status.message).toContain("opens next at Mon 2026-03-02 00:00 UTC");
    sim.now = Date.parse("2026-03-01T23:55:00Z");
    sim.until("CuttingOver", 600);
    expect(new Date(sim.now).toISOString()).toMatch(/^2026-03-02T00:00/);
  });

  it("never holds a rollback", () => {
    const window = { timeZone: "UTC", days: [...sunday], start: "00:00", end: "00:10" };
    const sim = simulationAt("Guard", { spec: withChecklist({ window }) });
    sim.run(240);
    sim.now = Date.parse("2026-03-01T00:20:00Z");
    sim.act("Rollback");
    expect(sim.until("RolledBack", 60).status.rollback?.actor).toBe("ada");
  });
});

describe("the check of staging", () => {
  const spec = withChecklist({ staging: { from: "docs-staging" } });
  const result = `${validationHash(spec)}-0123456789abcdef`;

  it.each([
    ["nobody asked", undefined, "was not read"],
    ["the reconcile failed", { ok: false, why: "timed out" } as const, "can't be read: timed out"],
    ["there is none", { ok: true, value: null } as const, "there is no migration docs-staging"],
    ["it still runs", { ok: true, value: { phase: "Ramp", result: "" } } as const, "is Ramp, expected Validated"],
    [
      "it validated another plan",
      { ok: true, value: { phase: "Validated", result: "0000-0000" } } as const,
      "validated plan 0000, this one is",
    ],
    ["it left no result", { ok: true, value: { phase: "Validated", result: "" } } as const, "validated plan unknown"],
  ])("blocks while %s, and passes once it is Validated with this plan", (_name, staging, words) => {
    const sim = new Simulation({ spec });
    sim.staging = staging;
    sim.run(60);
    expect(sim.phase).toBe("Preflight");
    expect(sim.status.message).toContain(words);
    sim.staging = { ok: true, value: { phase: "Validated", result } };
    expect(sim.until("WarmUp", 60).status.planHash).not.toBe("");
  });

  it("takes a pasted result for this plan and no other", () => {
    const pasted = new Simulation({ spec: withChecklist({ staging: { result } }) });
    expect(pasted.until("WarmUp", 60).phase).toBe("WarmUp");
    const other = withChecklist({ staging: { result: "0123456789abcdef-0123456789abcdef" } });
    const refused = new Simulation({ spec: other }).run(60);
    expect(refused.status.message).toContain("the pasted result validated plan 0123456789abcdef");
  });

  it("that names nothing is Unknown and can be waived", () => {
    const sim = simulationAt("Preflight", { spec: withChecklist({ staging: {} }) }).run(30);
    expect(sim.status.message).toContain("spec.checklist.staging.from");
    sim.act("Waive", { check: "staging", reason: "validated by hand" });
    expect(sim.until("WarmUp", 60).status.acts?.waived).toHaveLength(1);
  });
});

describe("a validation", () => {
  const spec = aSpec({ ...shortPlan, mode: "Validate", validate: { duration: "1h" } });

  it("samples for its duration and ends Validated with a result that a migration can name", () => {
    const sim = simulationAt("Ramp", { spec }).run(600);
    expect(sim.phase).toBe("Ramp");
    expect(sim.status.message).toContain("of the validation are left");
    sim.until("Validated", 4000);
    const { validation } = sim.status;
    expect(sim.now - Date.parse(validation?.startedAt ?? "")).toBeGreaterThanOrEqual(3_600_000);
    expect(validation?.result).toMatch(new RegExp(`^${validationHash(spec)}-[0-9a-f]{16}$`));
    expect(sim.status.message).toContain("Result ");
  });

  it("that steps down begins its duration anew", () => {
    const sim = simulationAt("Ramp", { spec }).run(1200);
    const before = sim.status.validation?.startedAt;
    sim.traffic = () => ({ ...goodTraffic, scoreWorse: 0.9 });
    sim.runWhile(() => sim.status.history.at(-1)?.reason !== "SteppedDown", 900);
    sim.traffic = () => goodTraffic;
    sim.run(60);
    expect(Date.parse(sim.status.validation?.startedAt ?? "")).toBeGreaterThan(Date.parse(before ?? ""));
  });
});

describe("a stage until a region's peak", () => {
  it("lasts until the peak was sampled from beginning to end", () => {
    const untilPeak = { timeZone: "Asia/Tokyo", from: "10:00", to: "11:00" };
    const stages = [{ sampleRate: 0.5, minDuration: "1m", minSamples: 100, untilPeak }];
    const sim = simulationAt("WarmUp", { spec: aSpec({ ...shortPlan, stages }), reconcileSeconds: 30 }).run(1800);
    expect(sim.phase).toBe("WarmUp");
    expect(sim.status.message).toContain("until Sun 2026-03-01 11:00 Asia/Tokyo");
    sim.until("AwaitingCutover", 10_000);
    expect(new Date(sim.now).toISOString()).toMatch(/^2026-03-01T02:00/);
  });
});
