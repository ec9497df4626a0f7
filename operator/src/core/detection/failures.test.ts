import fc from "fast-check";
import { expect, it } from "vitest";
import { failuresOf } from "./failures.ts";

const share = ({ bad, n }: { readonly bad: number; readonly n: number }) => bad / n;

it("failed requests that were all put to the source hide no destination that fails three times as many alone", () => {
  // Of 600 requests 18 fail at the destination alone and 6 at both; a tenth of the answered ones is sampled.
  const counters = { requests: 600, errors: 24, failedChecked: 24, failedWorse: 18 };
  const { reference, ...own } = failuresOf(counters, { bad: 0, n: 58 });
  expect(share(own)).toBeCloseTo(0.03);
  expect(share(reference)).toBeLessThan(share(own));
  const asTold = (24 - 18) / (58 + 24);
  expect(asTold).toBeGreaterThan(share(own));
});

it("failed requests that were put to the source as often as others count as they are told", () => {
  const { reference } = failuresOf({ requests: 600, errors: 60, failedChecked: 6, failedWorse: 3 }, { bad: 2, n: 54 });
  expect(reference).toEqual({ bad: 5, n: 60 });
});

it("without a sample, or without an answer, all that the source was asked counts", () => {
  const counters = { requests: 100, errors: 20, failedChecked: 20, failedWorse: 15 };
  expect(failuresOf(counters, { bad: 0, n: 0 }).reference).toEqual({ bad: 5, n: 20 });
  const dead = { requests: 100, errors: 100, failedChecked: 20, failedWorse: 20 };
  expect(failuresOf(dead, { bad: 0, n: 0 }).reference).toEqual({ bad: 0, n: 20 });
});

it("what the source is said to fail is never more than it was asked, whatever is counted", () => {
  const count = fc.nat(100_000);
  const counted = fc.record({ requests: count, errors: count, failedChecked: count, failedWorse: count });
  fc.assert(
    fc.property(counted, count, (counters, n) => {
      const { reference } = failuresOf(counters, { bad: 0, n });
      expect(reference.bad).toBeGreaterThanOrEqual(0);
      expect(reference.bad).toBeLessThanOrEqual(reference.n + 1e-9);
    }),
  );
});
