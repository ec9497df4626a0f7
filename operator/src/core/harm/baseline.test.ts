// What is kept of a stage for later comparison.
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { latencyQuantileMs, measureBaseline } from "./baseline.ts";

describe("the baseline", () => {
  const counted = someCounters({ requests: 200, errors: 4, empty: 10, answered: 100, mismatch: 30 });

  it("keeps the first measured mismatch, with its samples where they were kept", () => {
    const first = measureBaseline(counted, 100, undefined);
    expect(first).toMatchObject({ mismatchShare: 0.3, mismatchSamples: 100, requestsPerSecond: 2 });
    expect(first).toMatchObject({ requests: 200, errorShare: 0.02, emptyShare: 0.05, p95Ms: 0 });
    const later = someCounters({ requests: 10, answered: 10, mismatch: 9 });
    expect(measureBaseline(later, 1, first)).toMatchObject({ mismatchShare: 0.3, mismatchSamples: 100 });
    const { mismatchSamples: _samples, ...old } = first;
    expect(measureBaseline(later, 1, old)).not.toHaveProperty("mismatchSamples");
    expect(measureBaseline(later, 1, { ...first, mismatchShare: null }).mismatchShare).toBe(0.9);
  });

  it("divides by nothing smaller than one", () => {
    expect(measureBaseline(someCounters(), 0, undefined)).toMatchObject({ errorShare: 0, requestsPerSecond: 0 });
  });

  it("takes quantiles linearly within a bucket, the first from 0 on", () => {
    expect(latencyQuantileMs([10], 0.5)).toBe(0.5);
    expect(latencyQuantileMs([0, 10], 0.5)).toBe(1.75);
    expect(latencyQuantileMs([10, 10], 0.5)).toBe(1);
    expect(latencyQuantileMs([], 0.5)).toBeNull();
  });
});
