import { expect, test } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { judgeSampleRatio } from "./sample-ratio.ts";

const told = "check the configuration of the sidecars";

test("samples as told pass, with share, number, rate and time", () => {
  const totals = someCounters({ requests: 60_000, errors: 10_000, answered: 900, shadowErrors: 60, shadowDropped: 40 });
  const verdict = judgeSampleRatio(totals, 0.02, 3599.6);
  expect(verdict).toMatchObject({ gate: "sampleRatio", verdict: "Pass", value: 0.02, n: 50_000, limit: 0.02 });
  expect(verdict.windowSeconds).toBe(3600);
  expect(verdict.message).toBe("sampleRatio: 2 % of 50000 answered requests were sampled at a rate of 2 %");
});

test.each([
  ["more", 2000],
  ["fewer", 500],
])("%s than told wait, and say what to check", (_name, answered) => {
  const verdict = judgeSampleRatio(someCounters({ requests: 50_000, answered }), 0.02, -5);
  expect(verdict).toMatchObject({ verdict: "NotYet", windowSeconds: 0, value: answered / 50_000 });
  expect(verdict.message).toMatch(new RegExp(`at a rate of 2 %; ${told}$`));
});

test("without a request there is no share, and more samples than requests are all of them", () => {
  expect(judgeSampleRatio(someCounters(), 0.02, 0)).toMatchObject({
    verdict: "Pass",
    value: null,
    interval: null,
    n: 0,
  });
  expect(judgeSampleRatio(someCounters({ requests: 5, answered: 10 }), 1, 0)).toMatchObject({ value: 1, n: 10 });
});
