// What the lines count of what a sidecar told.
import { expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { trafficLines } from "./lines.ts";
import { mostSlices, sliceLinesOf } from "./slice-lines.ts";

const baseline = { requests: 10_000, errorShare: 0, emptyShare: 0, p95Ms: 20, mismatchShare: 0, requestsPerSecond: 20 };
const facts = { plan: aSpec(), baseline, pastCutover: true, differenceIsHarmless: false };

function counted(line: string, ms: number) {
  const refused = someCounters({ requests: 100, latencyBuckets: allAt(ms, 100), overloaded: 40 });
  const count = trafficLines(facts)
    .find((one) => one.line === line)
    ?.count(refused);
  return [count?.bad, count?.n];
}

it("refused requests count as failed while the primary's own answers are slow, and never otherwise", () => {
  expect(counted("liveErrors", 20)).toEqual([0, 100]);
  expect(counted("liveErrors", 900)).toEqual([40, 140]);
});

it("content is judged by the mean share of chunks that lack it or have another one, on both sides of the cutover", () => {
  const told = someCounters({ answered: 90, contentSamples: 10, contentMissingSum: 1.5, contentDifferentSum: 0.25 });
  for (const [pastCutover, action] of [
    [false, "Hold"],
    [true, "Rollback"],
  ] as const) {
    const line = trafficLines({ ...facts, pastCutover }).find((one) => one.line === "content");
    expect(line).toMatchObject({ limit: 0.01, action });
    expect(line?.count(told)).toEqual({ bad: 1.75, n: 10 });
    // An older sidecar counts none, and a liar can't make two bad samples of one.
    expect(line?.count(someCounters({ answered: 90 }))).toEqual({ bad: 0, n: 0 });
    expect(line?.count({ ...told, contentMissingSum: 10, contentDifferentSum: 10 })).toEqual({ bad: 10, n: 10 });
  }
});

it("all lines together, those of the slices as well, spend the whole budget and no more", () => {
  for (const pastCutover of [false, true]) {
    const sides = { ...facts, pastCutover };
    const traffic = trafficLines(sides).reduce((sum, { weight }) => sum + weight, 0);
    const slices = (mostSlices + 1) * sliceLinesOf(sides).reduce((sum, { weight }) => sum + weight, 0);
    expect(traffic + slices).toBeCloseTo(1, 12);
  }
});

it("refused requests never count for severe harm, nor as answers", () => {
  expect(counted("severe", 900)).toEqual([0, 100]);
  expect(counted("emptyAnswers", 900)).toEqual([0, 100]);
});
