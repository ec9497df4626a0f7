// An edit under way, field by field: what takes effect at once, what is left as it was agreed on, and what is said of it.
import type { MigrationSpec, MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { judgeEdits, replannable } from "./edits.ts";

const accepted = aSpec({ cutover: { hold: false } });

/** Guard and cutover as accepted, but for what is named. */
const guard = (more: MigrationSpecInput["guard"]) => aSpec({ cutover: { hold: false }, guard: more });
const cutover = (more: MigrationSpecInput["cutover"]) => aSpec({ cutover: { hold: false, ...more } });
const edited = (more: Partial<MigrationSpecInput>) => aSpec({ cutover: { hold: false }, ...more });

it("a spec as it was accepted leaves the plan the same object, and nothing is said", () => {
  const { plan, ...said } = judgeEdits(accepted, edited({}));
  expect(plan).toBe(accepted);
  expect(said).toEqual({ applied: [], gated: [] });
});

describe("a safe edit", () => {
  it.each<[string, MigrationSpec]>([
    ["spec.communications", edited({ communications: { sinks: ["chat"] } })],
    ["spec.deletionPolicy", edited({ deletionPolicy: "Keep" })],
    ["spec.rollback.automatic", edited({ rollback: { automatic: false } })],
    ["spec.guard.duration", guard({ duration: "1441m" })],
    ["spec.guard.deadline", guard({ deadline: "4321m" })],
    ["spec.guard.minSamples", guard({ minSamples: 1001 })],
    ["spec.cutover.hold", cutover({ hold: true })],
  ])("of %s takes effect, is named, and changes nothing else", (path, current) => {
    expect(judgeEdits(accepted, current)).toEqual({ plan: current, applied: [path], gated: [] });
  });

  it("takes effect in either direction where neither is weaker", () => {
    const manual = edited({ rollback: { automatic: false }, deletionPolicy: "Keep" });
    expect(judgeEdits(manual, accepted)).toEqual({
      plan: accepted,
      applied: ["spec.deletionPolicy", "spec.rollback.automatic"],
      gated: [],
    });
  });

  it("is taken together with all others, named in a fixed order", () => {
    const current = aSpec({
      communications: { postmortemDue: "72h" },
      deletionPolicy: "Keep",
      rollback: { automatic: false },
      guard: { duration: "25h", deadline: "73h", minSamples: 2000 },
      cutover: { hold: true },
    });
    expect(judgeEdits(accepted, current)).toEqual({
      plan: current,
      applied: [
        "spec.communications",
        "spec.deletionPolicy",
        "spec.rollback.automatic",
        "spec.guard.duration",
        "spec.guard.deadline",
        "spec.guard.minSamples",
        "spec.cutover.hold",
      ],
      gated: [],
    });
  });

  it("leaves the accepted plan as it is", () => {
    const before = structuredClone(accepted);
    judgeEdits(accepted, guard({ duration: "25h" }));
    expect(accepted).toEqual(before);
  });
});

describe("an edit of what was agreed on", () => {
  it.each<[string, string, MigrationSpec, MigrationSpec]>([
    ["a shorter guard", "spec.guard", accepted, guard({ duration: "1439m" })],
    ["a guard as long in other words", "spec.guard", accepted, guard({ duration: "1440m" })],
    ["an earlier deadline of the guard", "spec.guard", accepted, guard({ deadline: "4319m" })],
    ["fewer samples of the guard", "spec.guard", accepted, guard({ minSamples: 999 })],
    ["a cutover that isn't held any more", "spec.cutover", cutover({ hold: true }), accepted],
    ["what follows the guard", "spec.guard", accepted, guard({ onPassed: "KeepShadow" })],
    [
      "the rate after the cutover",
      "spec.guard",
      accepted,
      { ...accepted, guard: { ...accepted.guard, sampling: { ...accepted.guard.sampling, minRate: 0.5 } } },
    ],
    ["the rollback's window", "spec.rollback", accepted, edited({ rollback: { window: "6m" } })],
    ["the target", "spec.target", accepted, edited({ target: { name: "other" } })],
    ["the side that is written", "spec.writes", accepted, edited({ writes: "SourceOnly" })],
    ["a field that wasn't there", "spec.requestedBy", accepted, edited({ requestedBy: "ada" })],
    ["a field that is gone", "spec.requestedBy", edited({ requestedBy: "ada" }), accepted],
  ])("(%s) takes no effect and names the field %s", (_what, field, before, current) => {
    expect(judgeEdits(before, current)).toEqual({ plan: before, applied: [], gated: [field] });
  });

  it("is left out beside a safe one of the same field", () => {
    const { plan, ...said } = judgeEdits(accepted, guard({ duration: "25h", minSamples: 1 }));
    expect(plan).toEqual(guard({ duration: "25h" }));
    expect(said).toEqual({ applied: ["spec.guard.duration"], gated: ["spec.guard"] });
  });

  it("names every field once, in the plan's order, then those that weren't there", () => {
    const current = edited({ requestedBy: "ada", writes: "SourceOnly", guard: { duration: "1h", minSamples: 1 } });
    expect(judgeEdits(accepted, current).gated).toEqual(["spec.writes", "spec.guard", "spec.requestedBy"]);
  });
});

it("a changed plan is taken anew only while nothing was sampled and people are still asked", () => {
  expect(replannable).toEqual(["Preflight", "AwaitingApproval"]);
});
