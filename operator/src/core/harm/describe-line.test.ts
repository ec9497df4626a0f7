// What a person on call reads of a line: what, how much of how many, since when, against which limit.
import { expect, it } from "vitest";
import { aClock, aSevereLine, aStandingLine } from "#test/builders/detection.ts";
import { aSpec } from "#test/builders/spec.ts";
import { describeLine } from "./describe-line.ts";

const plan = aSpec();
const since = "2026-03-01T11:50:00.000Z";

it.each([
  [
    aStandingLine("score"),
    `RETR_DUAL_VARIANCE_HIGH: score lower by more than 0.2 than the source: 50 % of 100 samples since ${since} (limit 5 %)`,
  ],
  [
    aStandingLine("recall", { limit: 0.02 }),
    `RETR_DUAL_VARIANCE_HIGH: recall lower than the source's: by 50 % on average over 100 samples since ${since} (limit 2 %)`,
  ],
  [
    aStandingLine("errors", { slice: 3 }),
    `requests failed that the source answers in slice 3: 50 % of 100 requests since ${since} (limit 5 %)`,
  ],
  [
    aStandingLine("mismatch", { slice: 20, clock: aClock({ verdict: "unproved" }) }),
    `RETR_DUAL_VARIANCE_HIGH: another top chunk than the source in the other namespaces: 50 % of 100 samples since ${since} (limit 5 %); the source may be as bad at the same time, so nothing is done about it`,
  ],
  [
    // The line's 213,288 samples are of hours in which nothing was wrong.
    { ...aStandingLine("latency", { clock: aClock({ bad: 0, n: 0 }) }), bad: 57, n: 213_288 },
    `RETR_DUAL_VARIANCE_HIGH: slower by 80 ms or more than the source: found at ${since}, nothing is counted since (limit 5 %)`,
  ],
  [
    { ...aStandingLine("score"), clock: undefined },
    "RETR_DUAL_VARIANCE_HIGH: score lower by more than 0.2 than the source: found, nothing is counted since (limit 5 %)",
  ],
  [
    aSevereLine(),
    "live primary: 90 % of 100 requests failed since 2026-03-01T11:59:30.000Z while the source answers (limit 20 %)",
  ],
])("%#: says it in one sentence", (line, words) => {
  expect(describeLine(line, plan, true, line.clock?.verdict)).toBe(words);
});
