// Forecasts of the detectors, held against the detectors themselves.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { reckonedLines, samplesToStand, samplesToTell, smallestHarm, smallestShare } from "./detectable.ts";
import { advance, type Logs, logEvidence } from "./detector.ts";

const plan = aSpec();
const lines = reckonedLines(plan, undefined, true);
const score = lines.find(({ line }) => line === "score") as (typeof lines)[number];

describe("samples until a share stands out", () => {
  it("are as many as make it stand, and never for a share within the limit", () => {
    const needed = samplesToStand(score, 0.3, score.threshold) ?? 0;
    let logs: Logs = [];
    for (let batch = 0; batch < needed; batch += 1) logs = advance(logs, score.ratios({ bad: 0.3, n: 1 }));
    expect(logEvidence(logs)).toBeGreaterThanOrEqual(score.threshold);
    expect(samplesToStand(score, score.limit, score.threshold)).toBeNull();
    expect(samplesToStand(score, score.limit * (1 + 1e-12), score.threshold)).toBeNull();
  });

  it("fall as the share rises", () => {
    const shares = fc.double({ min: 0.08, max: 1, noNaN: true });
    fc.assert(
      fc.property(shares, shares, (a, b) => {
        const of = (share: number) => samplesToStand(score, share, score.threshold) ?? Infinity;
        expect(of(Math.max(a, b))).toBeLessThanOrEqual(of(Math.min(a, b)));
      }),
    );
  });
});

describe("samples until a part could tell", () => {
  it("are as many as would show that a share at the limit is below the alarming one, fewer for greater harm", () => {
    const samples = [0.08, 0.3, 1].map((share) => {
      const needed = samplesToStand(score, share, score.threshold) ?? 0;
      const alarming = score.alarmingShare(score.ratios({ bad: share * needed, n: needed }), { bad: 0, n: 1 });
      const evidence = (n: number) => score.logBelow({ bad: score.limit * n, n }, alarming);
      const { first, later } = samplesToTell(score, share, needed);
      expect(later).toBe(first);
      expect(evidence(first ?? 0)).toBeGreaterThanOrEqual(Math.log(1000));
      expect(evidence((first ?? 0) - 1)).toBeLessThan(Math.log(1000));
      return first ?? 0;
    });
    expect(samples.toSorted((a, b) => b - a)).toEqual(samples);
    expect(samples[2]).toBe(13);
  });

  it("of a mean are as many as prove the harm by themselves, once they vary much", () => {
    const recall = lines.find(({ line }) => line === "recall") as (typeof lines)[number];
    const needed = samplesToStand(recall, 1, recall.threshold) ?? 0;
    const { first, later } = samplesToTell(recall, 1, needed);
    expect(first).toBeLessThan(needed);
    expect(later).toBe(first);
  });
});

describe("the smallest share that so many samples show", () => {
  it("is one that they do show, and a little less isn't", () => {
    const share = smallestShare(score, 1000, score.threshold) ?? 0;
    expect(samplesToStand(score, share * 1.01, score.threshold)).toBeLessThanOrEqual(1000);
    expect(samplesToStand(score, share * 0.98, score.threshold)).toBeGreaterThan(1000);
  });

  it("is none where not even everything would show", () => {
    expect(smallestShare(score, 3, score.threshold)).toBeNull();
  });
});

it("a guard says it for every line, without samples for none", () => {
  expect(smallestHarm(plan, undefined, undefined).every(({ share }) => share === null)).toBe(true);
  const counted = lines.map(({ line, limit }) => ({
    line,
    slice: null,
    limit,
    bad: 0,
    n: 10_000,
    evidence: 0,
    logs: [],
  }));
  const at = "2026-01-01T00:00:00.000Z";
  const seen = smallestHarm(plan, undefined, { epoch: 5, from: at, until: at, lines: counted, slices: [] });
  expect(seen.map(({ line }) => line)).toEqual(["score", "latency", "mismatch", "recall", "content", "severe"]);
  expect(seen.every(({ share }) => share !== null && share < 0.5)).toBe(true);
  const day = { epoch: 5, from: at, until: "2026-01-02T00:00:00.000Z", slices: [] };
  const thin = smallestHarm(plan, undefined, { ...day, lines: counted.map((line) => ({ ...line, n: 1000 })) });
  expect(thin.filter(({ share }) => share !== null).map(({ line }) => line)).toEqual(["severe"]);
});
