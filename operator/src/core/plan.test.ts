// Which plan holds: the accepted one with safe edits in it, the spec before that, and neither without a proof.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { Migration } from "./model/migration.ts";
import { effectivePlan } from "./plan.ts";

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

  it("is the spec in place of a damaged one where the hash proves it the same, or a deletion asks only for a rollback", () => {
    const damaged = aMigration(unlike).in("Ramp").with({ plan: "{" });
    expect(effectivePlan(damaged.build())).toEqual(unlike);
    const other = damaged.with({ planHash: planHash(accepted) });
    expect(effectivePlan(other.build())).toBeUndefined();
    expect(effectivePlan(other.deleting().build())).toEqual(unlike);
    expect(effectivePlan({ ...other.deleting().build(), spec: unreadable })).toBeUndefined();
  });
});
