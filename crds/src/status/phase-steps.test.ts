import { expect, test } from "vitest";
import { phases } from "./migration-status.ts";
import { isLegalStep, isReachable } from "./phase-steps.ts";

test("a phase is reached by steps that are legal, and from itself", () => {
  for (const from of phases)
    for (const to of phases) {
      const isByStep = phases.some((next) => next !== from && isLegalStep(from, next) && isReachable(next, to));
      expect(isReachable(from, to)).toBe(from === to || isByStep);
    }
});

test("a phase that was left for good isn't reached any more; the ramp is, from the wait for a cutover", () => {
  expect(isReachable("Ramp", "WarmUp")).toBe(false);
  expect(isReachable("Completed", "RolledBack")).toBe(false);
  expect(isReachable("AwaitingCutover", "Ramp")).toBe(true);
});
