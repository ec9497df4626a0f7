// What is kept of a stage for later comparison.
import { addCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
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

  it("is that of the middle pods, whatever a third of them tells", () => {
    const honest = someCounters({
      requests: 1000,
      errors: 10,
      empty: 20,
      answered: 500,
      mismatch: 50,
      scoreWorseSum: 5,
      latencyBuckets: allAt(20, 1000),
    });
    const fleet = fc
      .integer({ min: 3, max: 100 })
      .chain((pods) => fc.tuple(fc.constant(pods), fc.nat(Math.floor(pods / 3))));
    const lie = fc.record({
      requests: fc.nat(2000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      ms: fc.nat(9000),
    });
    fc.assert(
      fc.property(fleet, lie, ([pods, few], { requests, share, ms }) => {
        const bad = Math.floor(requests * share);
        const [answered, latencyBuckets] = [requests, allAt(ms, requests)];
        const facts = { errors: bad, empty: bad, mismatch: bad, scoreWorseSum: bad, latencyBuckets };
        const told = someCounters({ requests, answered, ...facts });
        const all = Array.from({ length: pods }, (_, at) => (at < few ? told : honest));
        const found = measureBaseline(all.reduce(addCounters), 60, undefined, all);
        const within = (value: number | null | undefined, usual: number) =>
          value !== undefined && value !== null && value > usual / 3 && value < usual * 3;
        expect({
          errors: within(found.errorShare, 0.01),
          empty: within(found.emptyShare, 0.02),
          mismatch: within(found.mismatchShare, 0.1),
          p95: within(found.p95Ms, 20),
          offset: within(found.scoreOffset, 0.01),
        }).toEqual({ errors: true, empty: true, mismatch: true, p95: true, offset: true });
      }),
      { numRuns: 100 },
    );
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
