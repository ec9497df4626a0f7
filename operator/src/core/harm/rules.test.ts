// Each rule exactly at its limits.

import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { findAlertCauses } from "./alert.ts";
import { latencyQuantileMs, measureBaseline } from "./baseline.ts";
import { strongestAction } from "./finding.ts";
import { findLiveCauses, findSevereHarm } from "./live-primary.ts";
import { findShadowErrors } from "./shadow-errors.ts";

const plan = aSpec();
const baseline: Baseline = {
  requests: 1000,
  errorShare: 0.01,
  emptyShare: 0.02,
  p95Ms: 100,
  mismatchShare: 0.02,
  requestsPerSecond: 1,
};

describe("the alert", () => {
  it.each([
    [{ answered: 100, scoreWorse: 5 }, 0],
    [{ answered: 100, scoreWorse: 6 }, 1],
    [{ answered: 19, scoreWorse: 19 }, 0],
    [{ answered: 20, scoreWorse: 2 }, 1],
    [{ answered: 100, latencyWorse: 5 }, 0],
    [{ answered: 100, latencyWorse: 6 }, 1],
    [{ answered: 100, mismatch: 7 }, 0],
    [{ answered: 100, mismatch: 8 }, 1],
    [{ answered: 100, shadowTimeouts: 10 }, 1],
  ])("before the cutover, %o: %d findings", (counters, findings) => {
    expect(findAlertCauses(plan, someCounters(counters), baseline, false)).toHaveLength(findings);
  });

  it("after the cutover the old store's failures are no harm done by the destination", () => {
    expect(findAlertCauses(plan, someCounters({ answered: 100, shadowErrors: 100 }), baseline, true)).toEqual([]);
  });

  it("without a baseline judges the mismatch by the ceiling and the margin", () => {
    expect(findAlertCauses(plan, someCounters({ answered: 100, mismatch: 25 }), undefined, false)).toEqual([]);
    expect(findAlertCauses(plan, someCounters({ answered: 100, mismatch: 26 }), undefined, false)).toHaveLength(1);
  });

  it("acts as the line says, on either side of the cutover", () => {
    const bad = someCounters({ answered: 100, mismatch: 90 });
    expect(findAlertCauses(plan, bad, baseline, false)[0]?.action).toBe("StepDown");
    expect(findAlertCauses(plan, bad, baseline, true)[0]?.action).toBe("Rollback");
  });
});

describe("the live primary", () => {
  it.each([
    [{ requests: 50, errors: 10 }, true, true],
    [{ requests: 50, errors: 9 }, true, false],
    [{ requests: 49, errors: 49 }, true, false],
    [{ requests: 50, errors: 50 }, false, false],
    [{ requests: 0, errors: 0 }, true, false],
  ])("severe-harm rule with %o, source answers %s: %s", (counters, sourceAnswers, found) => {
    expect(findSevereHarm(plan, someCounters(counters), sourceAnswers) !== undefined).toBe(found);
  });

  it.each([
    [{ requests: 1000, errors: 20 }, 0],
    [{ requests: 1000, errors: 21 }, 1],
    [{ requests: 1000, empty: 70 }, 0],
    [{ requests: 1000, empty: 71 }, 1],
    [{ requests: 1000, latencyBuckets: allAt(170, 1000) }, 1],
    [{ requests: 1000, latencyBuckets: allAt(120, 1000) }, 0],
    [{ requests: 49, errors: 49 }, 0],
  ])("against the baseline with %o: %d findings", (counters, findings) => {
    expect(findLiveCauses(plan, someCounters(counters), baseline)).toHaveLength(findings);
  });

  it("without a baseline says nothing", () => {
    expect(findLiveCauses(plan, someCounters({ requests: 1000, errors: 1000 }), undefined)).toEqual([]);
  });
});

describe("shadow errors before the cutover", () => {
  const span = { seconds: 300, offsetSeconds: 0 };
  it.each([
    [{ answered: 998, shadowErrors: 2 }, { shadowErrors: 1 }, true],
    [{ answered: 999, shadowErrors: 1 }, { shadowErrors: 1 }, false],
    [{ answered: 998, shadowErrors: 2 }, {}, false],
    [{ answered: 998, shadowDropped: 900 }, { shadowErrors: 1 }, false],
    [{ answered: 10, shadowTimeouts: 1 }, { shadowTimeouts: 1 }, true],
  ])("now %o, before %o: %s", (now, before, found) => {
    expect(findShadowErrors(plan, someCounters(now), someCounters(before), span) !== undefined).toBe(found);
  });
});

describe("strongestAction", () => {
  const finding = (action: "Rollback" | "StepDown" | "Hold" | "Observe") =>
    ({ rule: "alert", action, message: "" }) as const;
  it("takes the strongest of all, and nothing of nothing", () => {
    expect(strongestAction([finding("Observe"), finding("Hold"), finding("Rollback")])).toBe("Rollback");
    expect(strongestAction([finding("Observe")])).toBe("Observe");
    expect(strongestAction([])).toBeUndefined();
  });
});

describe("the baseline", () => {
  it("interpolates inside a bucket", () => {
    expect(latencyQuantileMs(allAt(80, 100), 0.5)).toBe(65);
    expect(latencyQuantileMs(allAt(1, 100), 1)).toBe(1);
    expect(latencyQuantileMs(allAt(9000, 100), 1)).toBe(10_000);
    expect(latencyQuantileMs([], 0.95)).toBeNull();
    expect(latencyQuantileMs(allAt(5, 10), 2)).toBe(10_000);
  });

  it("keeps the mismatch of the first stage that measured it, and divides by nothing", () => {
    const first = measureBaseline(someCounters({ requests: 600, answered: 100, mismatch: 3 }), 60, undefined);
    expect(first).toMatchObject({ mismatchShare: 0.03, requestsPerSecond: 10, errorShare: 0, p95Ms: 0 });
    expect(measureBaseline(someCounters({ answered: 100, mismatch: 90 }), 0, first).mismatchShare).toBe(0.03);
  });
});
