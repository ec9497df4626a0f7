// The plan in a status: parsed once per text, and none when it was damaged.
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { planHash, validationHash } from "@retriever/crds/spec/plan.ts";
import { describe, expect, it } from "vitest";
import { aPlanText } from "#test/builders/migration.ts";
import { searchSpec } from "#test/builders/search-app.ts";
import { judgeEdits } from "../people/edits.ts";
import { readPlan } from "./accepted-plan.ts";

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

/** What the API server of the first release wrote into every checklist. */
const everyCheck = Object.fromEntries(checkNames.map((name) => [name, { policy: "Require" as const }]));

/** As the first release wrote it: with its own rate, without what came later. */
function firstReleaseText(shadowSampleRate: unknown): string {
  const text = aPlanText({ checklist: everyCheck });
  const { guard, rollback, cutover, recall: _recall, slices: _slices, ...rest } = JSON.parse(text);
  const { maxDetectionTime: _time, sampling: _sampling, ...oldGuard } = guard;
  const { severeFor: _severe, ...oldRollback } = rollback;
  return JSON.stringify({ ...rest, guard: oldGuard, rollback: oldRollback, cutover: { ...cutover, shadowSampleRate } });
}

describe("a plan that the first release accepted", () => {
  const today = migrationSpecSchema.parse({ ...searchSpec, checklist: { profile: "Strict" } });

  it("goes on at the rate it had, without exact searches, and acts on no slice", () => {
    expect(readPlan(firstReleaseText(0.1))).toMatchObject({
      guard: { sampling: { mode: "Fixed", minRate: 0.1 }, maxDetectionTime: "15m" },
      recall: { mode: "Off" },
      slices: { afterCutover: "Observe" },
      rollback: { severeFor: "15s" },
    });
  });

  it("has the hashes that it was approved and validated under, which are today's of the same manifest", () => {
    const plan = readPlan(firstReleaseText(0.05)) ?? today;
    expect(plan.guard.sampling.mode).toBe("Fixed");
    expect([planHash(plan), validationHash(plan)]).toEqual([planHash(today), validationHash(today)]);
  });

  it("was not edited by the upgrade, and is by a new field that is set", () => {
    const plan = readPlan(firstReleaseText(0.05)) ?? today;
    expect(judgeEdits(plan, today)).toEqual({ plan, applied: [], gated: [] });
    const { guard } = today;
    const safe = { ...today, deletionPolicy: "Keep" as const, guard: { ...guard, minSamples: 2000 } };
    expect(judgeEdits(plan, safe)).toMatchObject({
      plan: { deletionPolicy: "Keep", guard: { minSamples: 2000, sampling: { mode: "Fixed", minRate: 0.05 } } },
      applied: ["spec.deletionPolicy", "spec.guard.minSamples"],
      gated: [],
    });
    const faster = { ...today, guard: { ...guard, sampling: { ...guard.sampling, minRate: 0.5 } } };
    expect(judgeEdits(plan, { ...faster, recall: { ...today.recall, maxLoss: 0.1 } }).gated).toEqual([
      "spec.guard",
      "spec.recall",
    ]);
  });

  it("is none where its rate is no share", () => {
    expect([2, -1].map((rate) => readPlan(firstReleaseText(rate)))).toEqual([undefined, undefined]);
  });
});

describe("a plan that a newer version accepted", () => {
  it("is read without the fields that this one doesn't know, wherever they stand", () => {
    const plan = JSON.parse(aPlanText());
    const [stage, ...stages] = plan.stages;
    const newer = {
      ...plan,
      forecast: { horizon: "1d" },
      destination: { ...plan.destination, shard: 3 },
      stages: [{ ...stage, colour: "green" }, ...stages],
    };
    expect(readPlan(JSON.stringify(newer))).toEqual(plan);
  });

  it("is none where what this one knows means something else", () => {
    const plan = JSON.parse(aPlanText());
    expect(readPlan(JSON.stringify({ ...plan, forecast: 1, mode: "Blend" }))).toBeUndefined();
  });
});
