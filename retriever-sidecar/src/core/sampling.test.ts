import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveRate, type SamplingPlan } from "#contract/sample-rate.ts";
import { makeRateEstimate, makeSampler } from "./sampling.ts";

const plans = fc
  .record({
    sampleRate: fc.double({ min: 0, max: 1, noNaN: true }),
    maxRate: fc.double({ min: 0.001, max: 1, noNaN: true }),
    maxQueriesPerSecond: fc.double({ min: 0.01, max: 100, noNaN: true }),
  })
  .map(({ sampleRate, ...sampling }) => ({
    sampleRate,
    sampling: { ...sampling, maxRate: Math.max(sampleRate, sampling.maxRate) },
  }));

/** Draws that are as good as random and the same each time. */
function makeDraws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Traffic = { readonly seconds: number; readonly perSecond: number; readonly failedShare?: number };

/** Plays traffic of even steps and counts requests and what was sampled of them. */
function play(plan: SamplingPlan, steps: readonly Traffic[], seed = 1) {
  const [estimate, draw] = [makeRateEstimate(0), makeDraws(seed)];
  const sampler = makeSampler(plan, estimate, 0);
  let [nowMs, requests, sampled, failedSampled] = [0, 0, 0, 0];
  for (const { seconds, perSecond, failedShare = 0 } of steps) {
    const endMs = nowMs + seconds * 1000;
    for (; nowMs < endMs; nowMs += 1000 / perSecond) {
      requests += 1;
      sampler.onRequest(nowMs);
      const isFailed = draw() < failedShare;
      const isSampled = isFailed ? sampler.wantsFailed(draw(), nowMs) : sampler.wants(draw(), nowMs);
      if (isSampled) sampled += 1;
      if (isSampled && isFailed) failedSampled += 1;
    }
  }
  return { seconds: nowMs / 1000, requests, sampled, failedSampled, rate: sampler.rateAt(nowMs) };
}

test("the effective rate stays within its bounds and meets the cap wherever they allow it", () => {
  fc.assert(
    fc.property(plans, fc.double({ min: 0, max: 10_000, noNaN: true }), (plan, perSecond) => {
      const rate = effectiveRate(plan, perSecond);
      expect(rate).toBeGreaterThanOrEqual(plan.sampleRate);
      expect(rate).toBeLessThanOrEqual(plan.sampling.maxRate);
      const { maxRate, maxQueriesPerSecond } = plan.sampling;
      const isWithin = rate > plan.sampleRate && rate < maxRate;
      expect(isWithin ? rate * perSecond : maxQueriesPerSecond).toBeCloseTo(maxQueriesPerSecond, 6);
      expect(effectiveRate({ sampleRate: plan.sampleRate }, perSecond)).toBe(plan.sampleRate);
    }),
  );
});

const traffic = fc.array(
  fc.record({
    seconds: fc.integer({ min: 1, max: 120 }),
    perSecond: fc.integer({ min: 1, max: 60 }),
    failedShare: fc.constantFrom(0, 0.1, 1),
  }),
  { minLength: 1, maxLength: 6 },
);

test("over any traffic, failures and steps included, no more is asked than the cap and one burst, or the least share", () => {
  fc.assert(
    fc.property(plans, traffic, fc.nat(1000), (plan, steps, seed) => {
      const { sampling } = plan;
      const { seconds, sampled } = play({ ...plan, sampleRate: 0 }, steps, seed);
      const burst = Math.max(4, 10 * sampling.maxQueriesPerSecond);
      expect(sampled).toBeLessThanOrEqual(sampling.maxQueriesPerSecond * seconds + burst + 1);
      // The least share is sampled whatever the cap says.
      const least = play(plan, steps, seed);
      expect(least.sampled).toBeGreaterThanOrEqual(play({ sampleRate: plan.sampleRate }, steps, seed).sampled);
    }),
    { numRuns: 60 },
  );
});

const adaptive = { sampleRate: 0.01, sampling: { maxRate: 1, maxQueriesPerSecond: 1 } };
const steady = [
  { title: "little traffic is sampled whole", perSecond: 0.2, least: 0.999, most: 1 },
  { title: "more traffic than the cap is sampled at the cap", perSecond: 20, least: 0.043, most: 0.051 },
  {
    title: "traffic whose least share is over the cap is sampled at that",
    perSecond: 200,
    least: 0.0095,
    most: 0.0105,
  },
];

test.each(steady)("$title", ({ perSecond, least, most }) => {
  const { requests, sampled } = play(adaptive, [{ seconds: 3600, perSecond }]);
  expect(sampled / requests).toBeGreaterThanOrEqual(least);
  expect(sampled / requests).toBeLessThanOrEqual(most);
});

test("after a step of the traffic the rate follows within minutes, and the cap holds meanwhile", () => {
  const up = [
    { seconds: 600, perSecond: 1 },
    { seconds: 180, perSecond: 50 },
  ];
  const raised = play(adaptive, up);
  expect(raised.rate).toBeCloseTo(0.02, 2);
  expect(raised.sampled).toBeLessThanOrEqual(780 + 11);
  const lowered = play(adaptive, [...up, { seconds: 420, perSecond: 0.5 }]);
  expect(lowered.rate).toBeGreaterThan(0.9);
});

test("a failed request is sampled beyond the rate while the cap has room, and the others keep half of it", () => {
  const plan = { sampleRate: 0.01, sampling: { maxRate: 0.05, maxQueriesPerSecond: 1 } };
  const quiet = play(plan, [{ seconds: 600, perSecond: 1, failedShare: 0.2 }]);
  expect(quiet.failedSampled / (quiet.requests * 0.2)).toBeGreaterThan(0.9);
  const down = play(plan, [{ seconds: 600, perSecond: 10, failedShare: 1 }]);
  expect(down.failedSampled).toBeGreaterThan(560);
  const fixed = play({ sampleRate: 0.05 }, [{ seconds: 600, perSecond: 10, failedShare: 1 }]);
  expect(fixed.failedSampled / fixed.requests).toBeCloseTo(0.05, 2);
});

test("an estimate is right from the first minute on, and a clock that steps back adds no time", () => {
  const estimate = makeRateEstimate(1000);
  expect(estimate.perSecondAt(1000)).toBe(0);
  for (let nowMs = 1250; nowMs <= 11_000; nowMs += 250) estimate.count(nowMs);
  expect(estimate.perSecondAt(11_000)).toBeCloseTo(4, 0);
  const before = estimate.perSecondAt(11_000);
  estimate.count(9000);
  expect(estimate.perSecondAt(9000)).toBeGreaterThan(before);
  expect(estimate.perSecondAt(9000)).toBeLessThan(before * 1.1);
  expect(estimate.perSecondAt(7_200_000)).toBeCloseTo(0, 6);
});
