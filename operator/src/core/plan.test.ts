// Which plan holds: the accepted one with safe edits in it, the spec before that, and neither without a proof.
import { planHash } from "@retriever/crds/plan.ts";
import { describe, expect, it } from "vitest";
import { aPlanText, aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { Migration } from "./model/migration.ts";
import { isPastCutover, isRollingBack } from "./model/status-readings.ts";
import { effectivePlan, readPlan } from "./plan.ts";

const unreadable = { ok: false, faults: [] } as unknown as Migration["spec"];
const unlike = aSpec({ writes: "SourceOnly" });

describe("the plan in force", () => {
  const accepted = aSpec({ communications: { postmortemDue: "24h" } });
  const running = aMigration(accepted).in("Ramp").build();

  it("is the spec while none was accepted, and none while that can't be read", () => {
    const pending = aMigration(accepted).build();
    expect(effectivePlan(pending)).toBe(pending.spec.ok && pending.spec.value);
    expect(effectivePlan({ ...pending, spec: unreadable })).toBeUndefined();
  });

  it("is the accepted one while the spec can't be read", () => {
    expect(effectivePlan({ ...running, spec: unreadable })).toEqual(accepted);
  });

  it("takes from a readable spec what is safe, and leaves what was agreed on", () => {
    const edited = { ...unlike, communications: { ...unlike.communications, postmortemDue: "72h" } };
    const plan = effectivePlan({ ...running, spec: { ok: true, value: edited } });
    expect([plan?.writes, plan?.communications.postmortemDue]).toEqual(["Both", "72h"]);
  });

  it("is the spec in place of a damaged one where the hash proves it the same, or a deletion asks only for a way back", () => {
    const damaged = aMigration(unlike).in("Ramp").with({ plan: "{" });
    expect(effectivePlan(damaged.build())).toEqual(unlike);
    const other = damaged.with({ planHash: planHash(accepted) });
    expect(effectivePlan(other.build())).toBeUndefined();
    expect(effectivePlan(other.deleting().build())).toEqual(unlike);
    expect(effectivePlan({ ...other.deleting().build(), spec: unreadable })).toBeUndefined();
  });
});

describe("a plan that is read", () => {
  it("is the same object for the same text, and an equal one after many others", () => {
    const text = aPlanText();
    const plan = readPlan(text);
    expect(readPlan(text)).toBe(plan);
    const read = (from: number, to: number) => {
      for (let rate = from; rate <= to; rate += 1) readPlan(aPlanText({ stages: [{ sampleRate: rate / 1000 }] }));
    };
    read(1, 64);
    const kept = readPlan(text);
    expect(kept).toEqual(plan);
    expect(kept).not.toBe(plan);
    read(65, 127);
    expect(readPlan(text)).not.toBe(plan);
  });

  it("is none when it was damaged, however often it is read", () => {
    expect([readPlan("{"), readPlan("{}"), readPlan("{")]).toEqual([undefined, undefined, undefined]);
  });
});

describe("where a migration stands", () => {
  const revision = { epoch: 5, shadow: "none", sampleRate: 0, released: false, at: "2026-03-01T12:00:00Z" } as const;

  it("is past the cutover while its revision's primary is the destination", () => {
    expect(isPastCutover(aStatus())).toBe(false);
    expect(isPastCutover(aStatus({ revision: { ...revision, primary: "source" } }))).toBe(false);
    expect(isPastCutover(aStatus({ revision: { ...revision, primary: "destination" } }))).toBe(true);
  });

  it.each([
    ["Guard", false],
    ["RollingBack", true],
    ["VerifyingDrift", true],
    ["RolledBack", false],
  ] as const)("%s is under way back: %s", (phase, isUnderWay) => {
    expect(isRollingBack(aStatus({ phase }))).toBe(isUnderWay);
  });
});
