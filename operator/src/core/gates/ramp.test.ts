import type { Baseline, Verdict } from "@retriever/crds/migration-status.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { wilsonInterval } from "./interval.ts";
import { type GateInput, judgeRamp } from "./ramp.ts";

const baseline: Baseline = {
  requests: 1,
  errorShare: 0,
  emptyShare: 0,
  p95Ms: 1,
  mismatchShare: 0.02,
  requestsPerSecond: 1,
};

function judge(gate: string, more: Partial<GateInput>): Verdict | undefined {
  const input: GateInput = {
    plan: aSpec(),
    minSamples: 1000,
    totals: someCounters({ answered: 1000 }),
    elapsedSeconds: 60.4,
    baseline: undefined,
    recentShadowErrors: 0,
    ...more,
  };
  return judgeRamp(input).find((verdict) => verdict.gate === gate);
}

describe("a gate at its limits", () => {
  it.each([
    ["scoreDelta", { answered: 1000, scoreWorse: 50 }, "Pass"],
    ["scoreDelta", { answered: 1000, scoreWorse: 51 }, "Fail"],
    ["scoreDelta", { answered: 999, scoreWorse: 999 }, "NotYet"],
    ["latencyDelta", { answered: 1000, latencyWorse: 50 }, "Pass"],
    ["latencyDelta", { answered: 1000, latencyWorse: 51 }, "Fail"],
    ["latencyDelta", { answered: 950, shadowTimeouts: 50 }, "Pass"],
    ["latencyDelta", { answered: 949, shadowTimeouts: 51 }, "Fail"],
    ["mismatch", { answered: 1000, mismatch: 200 }, "Pass"],
    ["mismatch", { answered: 1000, mismatch: 201 }, "Fail"],
    ["shadowErrors", { answered: 999, shadowErrors: 1 }, "Pass"],
    ["shadowErrors", { answered: 998, shadowErrors: 2 }, "NotYet"],
  ] as const)("%s with %o: %s", (gate, counters, verdict) => {
    expect(judge(gate, { totals: someCounters(counters) })?.verdict).toBe(verdict);
  });

  it.each([
    [70, "Pass"],
    [71, "Fail"],
  ] as const)("mismatch is held to the measured baseline and a margin: %d of 1000 %s", (mismatch, verdict) => {
    expect(judge("mismatch", { baseline, totals: someCounters({ answered: 1000, mismatch }) })?.verdict).toBe(verdict);
  });

  it("never lets a baseline lift the mismatch above the ceiling", () => {
    expect(judge("mismatch", { baseline: { ...baseline, mismatchShare: 0.5 } })?.limit).toBe(0.2);
  });

  it("shadow errors of the last window make a rise wait, unknown ones too", () => {
    expect(judge("shadowErrors", { recentShadowErrors: 1 })?.verdict).toBe("NotYet");
    expect(judge("shadowErrors", { recentShadowErrors: null })?.verdict).toBe("Unknown");
  });

  it("without trustworthy totals every gate is Unknown", () => {
    for (const gate of ["scoreDelta", "latencyDelta", "mismatch", "shadowErrors"]) {
      expect(judge(gate, { totals: null })).toMatchObject({ verdict: "Unknown", value: null, interval: null });
    }
  });

  it("asks for at least one sample where the plan asks for none", () => {
    expect(judge("scoreDelta", { minSamples: 0, totals: someCounters() })?.verdict).toBe("NotYet");
  });

  it("carries what a reader needs to check it", () => {
    const verdict = judge("scoreDelta", { totals: someCounters({ answered: 2000, scoreWorse: 20 }) });
    expect(verdict).toMatchObject({ value: 0.01, n: 2000, limit: 0.05, windowSeconds: 60 });
    expect(verdict?.message).toBe("scoreDelta: 1 % of 2000 samples are bad, within the limit of 5 %");
  });
});

describe("wilsonInterval", () => {
  it.each([
    // Values of the published example 81 of 263 (Newcombe 1998).
    [81, 263, [0.2553, 0.3662]],
    [0, 20, [0, 0.1611]],
    [20, 20, [0.8389, 1]],
  ] as const)("%d of %d", (bad, n, [low, high]) => {
    const interval = wilsonInterval(bad, n) ?? [];
    expect(interval[0]).toBeCloseTo(low, 3);
    expect(interval[1]).toBeCloseTo(high, 3);
  });

  it("is nothing without a sample, and everything when the counts are beyond counting", () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    expect(wilsonInterval(1, 1e-320)).toEqual([0, 1]);
    expect(wilsonInterval(5, 2)?.[1]).toBe(1);
  });
});
