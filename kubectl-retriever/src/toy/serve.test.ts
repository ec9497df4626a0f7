import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scenarioSchema } from "#scenario/scenario.ts";
import { expectedDraws, makeDraws, makeRandom } from "./draws.ts";
import { namespaceName, zipfShares } from "./namespaces.ts";
import { type Regime, regimeOf } from "./regime.ts";
import { RequestRate } from "./request-rate.ts";
import { serveSecond, type ToyServing } from "./serve.ts";
import { countersBetween, emptyRow } from "./toy-row.ts";

const healthy = scenarioSchema.parse({ kind: "RehearsalScenario", shows: "x" });

function aRegime(more: Partial<Parameters<typeof regimeOf>[0]> = {}): Regime {
  const { source, destination } = healthy;
  const traffic = { requestsPerSecond: 100, latencyFactor: 1, errorsOnSame: 0, namespaces: undefined };
  return regimeOf({ ...traffic, source, destination, ...more }, 80);
}

const store = (more: object) => ({ ...healthy.destination, ...more });
const ramping: ToyServing = { primary: "source", shadow: "destination", sampleRate: 0.5 };
const guarding: ToyServing = { primary: "destination", shadow: "source", sampleRate: 0.5 };

/** A second of 100 requests without chance. */
function serve(regime: Regime, serving: ToyServing): Counters {
  const row = emptyRow();
  serveSecond({ draws: expectedDraws, regime, pods: 1 }, serving, serving.sampleRate, row);
  return countersBetween(emptyRow(), row);
}

describe("a second of traffic", () => {
  it("of a sound pair of stores counts nothing of what only a bad one does", () => {
    expect(
      serve(aRegime({ latencyFactor: 0.2, destination: store({ scoreWorse: 0, mismatch: 0 }) }), guarding),
    ).toEqual({
      ...noCounters(),
      requests: 100,
      answered: 50,
      overlapSum: 50,
      latencySumMs: expect.any(Number) as number,
      latencyBuckets: expect.any(Array) as number[],
      shadowLatencyBuckets: expect.any(Array) as number[],
    });
  });

  it("has the source checked for what the destination fails: what fails at both is no harm", () => {
    const regime = aRegime({ errorsOnSame: 0.1, destination: store({ errors: 0.5 }) });
    expect(serve(regime, guarding)).toMatchObject({ errors: 55, failedChecked: 27.5, failedWorse: 22.5 });
    expect(serve(regime, ramping)).toMatchObject({ errors: 10, failedChecked: 0, shadowErrors: 22.5 });
  });

  it("has every failed request checked while half of the cap of adaptive sampling allows it", () => {
    const sampling = { maxRate: 1, maxQueriesPerSecond: 60 };
    const regime = aRegime({ destination: store({ errors: 0.3 }) });
    expect(serve(regime, { ...guarding, sampleRate: 0.1, sampling })).toMatchObject({ failedChecked: 30 });
  });

  it("counts as empty at the destination alone what exceeds the source's own share", () => {
    const source = { ...healthy.source, empty: 0.1 };
    expect(serve(aRegime({ source, destination: store({ empty: 0.3 }) }), ramping).emptyWorse).toBeCloseTo(10);
    expect(serve(aRegime({ source, destination: store({ empty: 0.05 }) }), ramping).emptyWorse).toBe(0);
  });

  it("tells a slower source from a slower destination, and both slower from either", () => {
    const [slow, fast] = [store({ latencyMs: 200 }), healthy.destination];
    const worse = serve(aRegime({ destination: slow }), guarding);
    expect(worse.latencyWorse).toBeGreaterThan(45);
    expect(worse.latencyBetter).toBe(0);
    const better = serve(aRegime({ source: slow, destination: fast }), guarding);
    expect([better.latencyBetter, better.latencyWorse]).toEqual([worse.latencyWorse, worse.latencyBetter]);
    const both = serve(aRegime({ latencyFactor: 10 }), guarding);
    expect(both.latencyWorse).toBeGreaterThan(5);
    expect(both.latencyBetter).toBeCloseTo(both.latencyWorse, 1);
    expect(both.shadowLatencyBuckets.map((count) => count * 2)).toEqual(both.latencyBuckets);
  });

  it("has a constant loss of similarity judged around what the overlay names, and everything lower beyond the limit", () => {
    const thresholds = { scoreDelta: 0.2, latencyDeltaMs: 80 };
    const regime = aRegime({ destination: store({ scoreOffset: 0.25, scoreWorse: 0 }) });
    expect(serve(regime, { ...ramping, thresholds })).toMatchObject({ scoreWorse: 50 });
    const around = serve(regime, { ...ramping, thresholds: { ...thresholds, scoreOffset: 0.3 } });
    expect(around).toMatchObject({ scoreWorse: 0, scoreWorseSum: 0 });
    expect(around.scoreBetterSum).toBeCloseTo(2.5);
  });

  it("knows the truth of as many samples as exact searches are allowed", () => {
    const regime = aRegime({ destination: store({ recall: 0.75 }) });
    expect(serve(regime, ramping).recallSamples).toBe(0);
    expect(serve(regime, { ...ramping, recall: { maxQueriesPerSecond: 0.5 } })).toMatchObject({
      recallSamples: 0.5,
      recallLossSum: 0.125,
      recallGainSum: 0,
      recallSquaresSum: 0.03125,
    });
  });
});

describe("namespaces", () => {
  const namespaces = {
    shares: zipfShares({ count: 200, exponent: 1 }),
    wrong: { [namespaceName(15)]: { mismatch: 1, errors: 0.5 } },
  };

  it("that alone is empty or slow is so alone, in what is counted of it and in what is counted of all", () => {
    const shares = zipfShares({ count: 2, exponent: 0 });
    const loud = namespaceName(1);
    const destination = store({ scoreWorse: 0, mismatch: 0 });
    const regime = aRegime({ destination, namespaces: { shares, wrong: { [loud]: { empty: 0.5, latencyMs: 2000 } } } });
    const row = emptyRow();
    const slices = serveSecond({ draws: expectedDraws, regime, pods: 1 }, guarding, 0.5, row);
    const all = countersBetween(emptyRow(), row);
    const own = slices.find(({ namespace }) => namespace === loud)?.counters;
    const { empty, emptyWorse, latencyWorse, latencyBuckets, shadowLatencyBuckets } = all;
    expect(own).toMatchObject({ requests: 50, answered: 25, empty: 25, emptyWorse: 12.5 });
    expect([empty, emptyWorse]).toEqual([25, 12.5]);
    expect(own?.latencyWorse).toBeGreaterThan(24);
    expect(latencyWorse - (own?.latencyWorse ?? 0)).toBeLessThan(0.5);
    const sum = (counts: readonly number[] = []) => counts.reduce((so, one) => so + one, 0);
    const told = [own?.latencyBuckets, latencyBuckets, shadowLatencyBuckets].map((buckets) => Math.round(sum(buckets)));
    expect(told).toEqual([50, 100, 50]);
  });

  it("are busy by Zipf's law, and a wrong one is wrong alone", () => {
    const row = emptyRow();
    const regime = aRegime({ namespaces });
    const slices = serveSecond({ draws: expectedDraws, regime, pods: 1 }, ramping, ramping.sampleRate, row);
    const [first, second] = slices.map(({ counters }) => counters.requests);
    expect(slices).toHaveLength(64);
    expect((first ?? 0) / (second ?? 1)).toBeCloseTo(2);
    const { counters } = slices[14] ?? { counters: undefined };
    expect(counters?.mismatch).toBe(counters?.answered);
    expect(counters?.shadowErrors).toBeCloseTo((counters?.requests ?? 0) / 4);
    expect(slices[13]?.counters.mismatch).toBeCloseTo((slices[13]?.counters.answered ?? 0) * 0.03);
  });

  it("count no more than the pod does, of nothing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(ramping, guarding), (seed, serving) => {
        const row = emptyRow();
        const draws = makeDraws(makeRandom(seed));
        const slices = serveSecond({ draws, regime: aRegime({ namespaces }), pods: 3 }, serving, 0.5, row);
        const counters = countersBetween(emptyRow(), row);
        for (const key of ["requests", "errors", "answered", "mismatch", "scoreWorse", "failedChecked"] as const) {
          const sum = slices.reduce((all, slice) => all + slice.counters[key], 0);
          expect(sum).toBeLessThanOrEqual(counters[key]);
        }
        expect(counters.failedWorse).toBeLessThanOrEqual(counters.failedChecked);
        expect(counters.failedChecked).toBeLessThanOrEqual(counters.errors);
        expect(counters.mismatch).toBeLessThanOrEqual(counters.answered);
        expect(counters.latencyWorse + counters.latencyBetter).toBeLessThanOrEqual(counters.answered);
      }),
    );
  });
});

it("a pod's own rate follows its traffic within minutes, the same when a time comes again", () => {
  const rate = new RequestRate();
  for (let second = 1; second <= 300; second += 1) rate.add(second, 10);
  for (let second = 301; second <= 420; second += 1) rate.add(second, 100);
  const seen = rate.at(420);
  expect(seen).toBeGreaterThan(85);
  const copy = rate.clone();
  for (let second = 301; second <= 420; second += 1) copy.add(second, 100);
  expect(copy.at(420)).toBe(seen);
});
