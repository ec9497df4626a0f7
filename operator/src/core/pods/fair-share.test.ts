// One may not weigh more than is plausible beside its fellows.
import { noSliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { boundClaims, scaleCounters, scaleSlice, soundCounters, soundSlice, weightOfSlice } from "./fair-share.ts";

const taken = (claims: readonly number[], known?: readonly number[]) =>
  boundClaims(claims, known).map((factor, index) => (claims[index] ?? 0) * factor);

describe("claims", () => {
  it("that are alike are taken whole, and so are those that differ by less than twice", () => {
    expect(boundClaims([100, 120, 90])).toEqual([1, 1, 1]);
    expect(boundClaims([100, 190, 100])).toEqual([1, 1, 1]);
  });

  it("beyond twice the others' are cut to it, with what was taken before", () => {
    expect(taken([100, 1e9, 100])).toEqual([100, 200, 100]);
    expect(taken([10, 1e9, 10], [90, 150, 90])).toEqual([10, 50, 10]);
  });

  it("are taken whole where fewer than three have counted enough to tell", () => {
    expect(boundClaims([5000, 11, 11])).toEqual([1, 1, 1]);
    expect(boundClaims([5000, 100])).toEqual([1, 1]);
  });
});

it("a third that claims anything never has more than twice what is true, and the others lose nothing", () => {
  const lie = fc.double({ min: 0, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(3, 10), fc.array(lie, { minLength: 3, maxLength: 3 }), (pods, lies) => {
      const liars = lies.slice(0, Math.floor(pods / 3));
      const honest = Array.from({ length: pods - liars.length }, () => 100);
      const all = taken([...honest, ...liars]);
      for (const claim of all.slice(0, honest.length)) expect(claim).toBe(100);
      for (const claim of all.slice(honest.length)) expect(claim).toBeLessThanOrEqual(200.001);
    }),
    { seed: 18 },
  );
});

it("counters are a part of what they are counted of, and less weight is less of everything", () => {
  const told = someCounters({
    requests: 10,
    errors: 20,
    failedChecked: 30,
    answered: 4,
    mismatch: 9,
    scoreWorseSum: 99,
  });
  const sound = soundCounters(told);
  expect(sound).toMatchObject({ errors: 10, failedChecked: 10, mismatch: 4, scoreWorseSum: 8 });
  expect(scaleCounters(sound, { requests: 1, samples: 1, exact: 1, content: 1 })).toBe(sound);
  expect(scaleCounters(sound, { requests: 0.5, samples: 0.25, exact: 1, content: 1 })).toMatchObject({
    requests: 5,
    errors: 5,
    answered: 1,
    mismatch: 1,
  });
});

it("a namespace's counters are parts of its requests and samples, and less weight is less of everything", () => {
  const told = {
    ...noSliceCounters(),
    requests: 10,
    errors: 20,
    answered: 4,
    empty: 99,
    emptyWorse: 99,
    latencyWorse: 3,
    latencyBetter: 9,
    recallSamples: 2,
    recallLossSum: 9,
    contentSamples: 9,
    contentMissingSum: 9,
    latencyBuckets: allAt(900, 12),
    shadowLatencyBuckets: allAt(900, 8),
  };
  const sound = soundSlice(told);
  expect(sound).toMatchObject({ errors: 10, empty: 10, emptyWorse: 4, latencyWorse: 3, latencyBetter: 1 });
  expect(sound).toMatchObject({ recallLossSum: 2, contentSamples: 4, contentMissingSum: 4 });
  expect(weightOfSlice(sound)).toEqual({ requests: 12, samples: 8, exact: 2, content: 4 });
  const half = scaleSlice(sound, { requests: 0.5, samples: 0.25, exact: 0.5, content: 0.75 });
  expect(half).toMatchObject({ requests: 5, empty: 5, answered: 1, latencyWorse: 0.75 });
  expect(half).toMatchObject({ recallSamples: 1, recallLossSum: 1, contentSamples: 3, contentMissingSum: 3 });
  expect(half).toMatchObject({ latencyBuckets: allAt(900, 6), shadowLatencyBuckets: allAt(900, 2) });
});
