// The plan in a status: parsed once per text, and none when it was damaged.
import { describe, expect, it } from "vitest";
import { aPlanText } from "#test/builders/migration.ts";
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
