// What each rule says of what it found: value, limit, number and window, so that a person needs no other source.
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Finding } from "../model/context.ts";
import { findAlertCauses } from "./alert.ts";
import { latencyQuantileMs } from "./baseline.ts";
import { strongestFinding } from "./finding.ts";
import { findLiveCauses, findSevereHarm } from "./live-primary.ts";
import { findShadowErrors } from "./shadow-errors.ts";

const plan = aSpec({
  thresholds: {
    latencyDelta: { beforeCutover: "Hold" },
    livePrimary: { afterCutover: "Hold" },
    shadowErrors: { beforeCutover: "Observe" },
  },
});
const baseline: Baseline = {
  requests: 1000,
  errorShare: 0.01,
  emptyShare: 0.02,
  p95Ms: 100,
  mismatchShare: 0.02,
  requestsPerSecond: 1,
};

it("the alert names its three causes apart, each with its own limit and action", () => {
  const window = someCounters({ answered: 100, scoreWorse: 10, latencyWorse: 20, shadowErrors: 100, mismatch: 30 });
  expect(findAlertCauses(plan, window, baseline, false)).toEqual([
    {
      rule: "alert",
      action: "StepDown",
      message:
        "RETR_DUAL_VARIANCE_HIGH: score lower by more than 0.2 than the source in 10 % of 100 samples over 5m (limit 5 %)",
    },
    {
      rule: "alert",
      action: "Hold",
      message:
        "RETR_DUAL_VARIANCE_HIGH: slower by 80 ms or more than the source in 60 % of 200 samples over 5m (limit 5 %)",
    },
    {
      rule: "alert",
      action: "StepDown",
      message: "RETR_DUAL_VARIANCE_HIGH: another top chunk than the source in 30 % of 100 samples over 5m (limit 7 %)",
    },
  ]);
  const after = findAlertCauses(plan, window, baseline, true).map(({ message }) => message);
  expect(after[1]).toContain("in 20 % of 100 samples");
});

it("the severe-harm rule states share, number, span and limit", () => {
  expect(findSevereHarm(plan, someCounters({ requests: 200, errors: 50 }), true)).toEqual({
    rule: "severe",
    action: "Hold",
    message: "live primary: 25 % of 200 requests failed within 15 s while the source answers (limit 20 %)",
  });
});

it("the live primary states each thing that is worse beside what it was", () => {
  const buckets = allAt(400, 200);
  const window = someCounters({ requests: 200, errors: 10, empty: 30, latencyBuckets: buckets });
  const found = findLiveCauses(plan, window, baseline);
  expect(found.map(({ rule, action }) => `${rule} ${action}`)).toEqual(Array(3).fill("livePrimary Hold"));
  expect(found.map(({ message }) => message)).toEqual([
    "live primary: of 200 requests over 5m, 5 % failed (before the cutover 1 %)",
    "live primary: of 200 requests over 5m, 15 % came back empty (before the cutover 2 %)",
    expect.stringMatching(
      /^live primary: of 200 requests over 5m, p95 is \d+ ms \(before the cutover 100 ms, allowed 80 ms more\)$/,
    ),
  ]);
});

it("the latency of the live primary is harmful from the allowed margin on, and from 50 requests on", () => {
  const latencyBuckets = allAt(400, 100);
  const p95Ms = latencyQuantileMs(latencyBuckets, 0.95) ?? 0;
  const found = (before: number, requests = 50) =>
    findLiveCauses(plan, someCounters({ requests, latencyBuckets }), { ...baseline, p95Ms: before });
  expect(found(p95Ms - 80)).toHaveLength(1);
  expect(found(p95Ms - 79.5)).toHaveLength(0);
  expect(found(0, 49)).toHaveLength(0);
});

it("shadow errors state both windows and the limit", () => {
  const now = someCounters({ answered: 90, shadowErrors: 4, shadowTimeouts: 6 });
  const before = someCounters({ shadowErrors: 1, shadowTimeouts: 2 });
  expect(findShadowErrors(plan, now, before, { seconds: 300, offsetSeconds: 0 })).toEqual({
    rule: "shadowErrors",
    action: "Observe",
    message:
      "shadow errors: 10 of 100 samples failed in the last 300 s and 3 in the 300 s before (limit 0.1 % in two windows)",
  });
});

it("the strongest finding is the first of those that ask for the most", () => {
  const finding = (action: Finding["action"], message: string): Finding => ({ rule: "alert", action, message });
  const all = [finding("Observe", "a"), finding("StepDown", "b"), finding("Rollback", "c"), finding("Rollback", "d")];
  expect(strongestFinding(all)?.message).toBe("c");
  expect(strongestFinding([finding("Observe", "a"), finding("Hold", "b")])?.message).toBe("b");
  expect(strongestFinding([finding("Hold", "a"), finding("StepDown", "b")])?.message).toBe("b");
  expect(strongestFinding([])).toBeUndefined();
});
