// What the lines count of what a sidecar told.
import { expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { trafficLines } from "./lines.ts";

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

it("refused requests never count for severe harm, nor as answers", () => {
  expect(counted("severe", 900)).toEqual([0, 100]);
  expect(counted("emptyAnswers", 900)).toEqual([0, 100]);
});
