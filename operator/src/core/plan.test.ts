import { expect, it } from "vitest";
import { aPlanText } from "#test/builders/migration.ts";
import { readPlan } from "./plan.ts";

it("a plan is the same object for the same text, after however many others an equal one, and none when damaged", () => {
  const text = aPlanText();
  const plan = readPlan(text);
  expect(readPlan(text)).toBe(plan);
  for (let rate = 1; rate <= 100; rate += 1) readPlan(aPlanText({ stages: [{ sampleRate: rate / 100 }] }));
  expect(readPlan(text)).toEqual(plan);
  expect([readPlan("{"), readPlan("{}"), readPlan("{")]).toEqual([undefined, undefined, undefined]);
});
