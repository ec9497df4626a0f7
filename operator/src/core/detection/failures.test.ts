import { noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { foldDetection } from "./detection.ts";
import { failuresOf } from "./failures.ts";
import { judgeFleet } from "./fleet-parts.ts";
import { trafficLines } from "./lines.ts";

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

/** Of 600 requests in a bin 24 fail at the destination alone and 6 at both; a tenth of the answered ones is sampled. */
const fleet = { ...noCounters(), requests: 600, errors: 30, failedChecked: 30, failedWorse: 24, answered: 57 };

function partOf(pods: number) {
  const { requests, errors, failedChecked, failedWorse, answered } = fleet;
  const counts = { requests, errors, failedChecked, failedWorse, answered };
  return { ...fleet, ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / pods])) };
}

it("a group's few failed requests hide no more of what the destination fails alone than the fleet's do", () => {
  const part = partOf(12);
  const { reference, ...own } = failuresOf(part, { bad: 0, n: part.answered }, { counters: fleet, sampled: 57 });
  expect([share(own), share(reference)]).toEqual([expect.closeTo(0.04), expect.closeTo(0.01)]);
});

it("a group that answered nothing is taken for as often sampled as the fleet, and as it tells where nobody was", () => {
  const dead = { requests: 4, errors: 4, failedChecked: 4, failedWorse: 3 };
  const none = { bad: 0, n: 0 };
  expect(failuresOf(dead, none, { counters: fleet, sampled: 57 }).reference.n).toBeCloseTo(0.4);
  expect(failuresOf(dead, none, { counters: fleet, sampled: 0 }).reference).toEqual({ bad: 1, n: 4 });
});

it.each([1, 3])("what a fleet of %d pods fails alone is the destination's doing, after ten minutes of it", (pods) => {
  const baseline = {
    requests: 400_000,
    errorShare: 0.01,
    emptyShare: 0,
    p95Ms: 20,
    mismatchShare: 0,
    requestsPerSecond: 60,
  };
  const facts = { plan: aSpec(), baseline, pastCutover: true, differenceIsHarmless: false };
  const counters = partOf(pods);
  const parts = new Map(Array.from({ length: pods }, (_, group) => [group, { counters, slices: new Map() }]));
  const bins = Array.from({ length: 60 }, (_, bin) => {
    return { at: 1_893_499_200 + 10 * bin, counters: fleet, slices: new Map(), failing: [], parts };
  });
  const state = foldDetection(undefined, { ...facts, epoch: 5, bins });
  const line = state?.lines.find((one) => one.line === "liveErrors");
  const rule = trafficLines(facts).find((one) => one.line === "liveErrors");
  if (line === undefined || rule === undefined) throw new Error("no line of failed requests");
  const verdict = judgeFleet(line.groups, rule, { populated: pods })?.verdict ?? line.clock?.verdict;
  expect([line.clock?.verdict, verdict]).toEqual(["worse", pods < 3 ? "worse" : "fleet"]);
});
