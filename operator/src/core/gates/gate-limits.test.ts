import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { upperBound } from "./confidence-sequence.ts";
import { errorShares, gateRules, strictAlpha } from "./gate-limits.ts";

const plan = aSpec();
const baseline: Baseline = {
  requests: 1,
  errorShare: 0,
  emptyShare: 0,
  p95Ms: 1,
  mismatchShare: 0.02,
  mismatchSamples: 1000,
  requestsPerSecond: 1,
};
const measured = (more: Partial<Baseline> = {}) => gateRules(plan, { ...baseline, ...more }).mismatch;
const { ceiling, maxIncrease } = plan.thresholds.mismatch;

test("gates on scores and latency share one budget, discounted for bursts both ways", () => {
  const { scoreDelta, scoreMean, latencyDelta } = gateRules(plan, undefined);
  const shared = { ...errorShares(plan.stages.length), deflates: "both" };
  expect(scoreDelta).toEqual({ ...shared, limit: plan.thresholds.scoreDelta.maxBadShare });
  expect(scoreMean).toEqual({ ...shared, limit: plan.thresholds.scoreDelta.limit });
  expect(latencyDelta).toEqual({ ...shared, limit: plan.thresholds.latencyDelta.maxBadShare });
});

test("gates on ids have a strict alpha each, and wait for bursts before passing only", () => {
  const strict = { deflates: "passing", beta: errorShares(1).beta };
  const { mismatch, overlap } = gateRules(plan, undefined);
  expect(overlap).toEqual({ ...strict, alpha: strictAlpha, limit: 1 - plan.thresholds.overlap.floor });
  expect(mismatch).toEqual({ ...strict, alpha: strictAlpha, limit: ceiling, failLimit: ceiling });
  expect(measured({ mismatchShare: null })).toEqual(mismatch);
});

test("a measured mismatch is tolerated with its margin; failing waits for what it may have been as well", () => {
  const { limit, failLimit, alpha } = measured();
  expect({ limit, alpha }).toEqual({ limit: 0.02 + maxIncrease, alpha: strictAlpha / 2 });
  expect(failLimit).toBe(upperBound(20, 1000, strictAlpha / 2) + maxIncrease);
  expect(failLimit).toBeLessThan(ceiling);
});

test("a measurement that rests on nobody knows how much fails at the ceiling", () => {
  const { mismatchSamples: _samples, ...unknown } = baseline;
  expect(gateRules(plan, unknown).mismatch.failLimit).toBe(ceiling);
});
