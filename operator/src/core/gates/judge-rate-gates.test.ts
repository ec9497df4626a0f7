// What verdicts of rate gates say: each wait in its words, and intervals that know of bursts.
import type { DispersionState } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { expect, test } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { noWindows } from "./dispersion.ts";
import { rateGates } from "./gate-counts.ts";
import { judgeRateGates, publishedInterval, type RateGateInput } from "./judge-rate-gates.ts";
import { samplesToPass } from "./sequential.ts";

/** Windows whose spread is `phi` times that of independent samples of a share of one half. */
function dispersed(phi: number): DispersionState {
  const [windows, bad, n] = [11, 50, 100];
  const sums = { ...noWindows, windows, bad, n, squares: bad * (bad / n) + phi * (windows - 1) * 0.25 };
  const gates = rateGates.map((gate) => ({ gate, openBad: 0, openN: 0, ...sums }));
  return { epoch: 1, openedAt: "2026-03-01T00:00:00Z", gates };
}

function judge(counters: Partial<Counters>, more: Partial<RateGateInput> = {}) {
  const [scoreDelta, scoreMean, , mismatch] = judgeRateGates({
    plan: aSpec(),
    minSamples: 100,
    totals: someCounters({ overlapSum: counters.answered ?? 0, ...counters }),
    dispersion: dispersed(1),
    dwellPassed: true,
    elapsedSeconds: 60,
    baseline: undefined,
    ...more,
  });
  return { scoreDelta, scoreMean, mismatch };
}

const wait = (...asked: Parameters<typeof judge>) => judge(...asked).scoreDelta?.message;

test("a gate without a sample waits for the first, then for as many as the plan asks for", () => {
  expect(wait({})).toBe("scoreDelta: no samples; waiting for the first");
  expect(wait({ answered: 99 })).toBe("scoreDelta: 0 % of 99 samples are bad; 100 are needed");
  expect(wait({}, { minSamples: 0 })).toBe("scoreDelta: no samples; waiting for the first");
});

test("a gate that doesn't know of bursts yet says what it needs", () => {
  expect(wait({ answered: 100 }, { dispersion: undefined })).toBe(
    "scoreDelta: 0 % of 100 samples are bad; bursts can't be told yet, 6 windows with samples are needed",
  );
});

test("a gate with enough samples waits for the time, one with too few says how many it lacks", () => {
  const enough = samplesToPass(0, { limit: 0.05, beta: 0.05, dispersion: 1 }) ?? 0;
  const early = { dwellPassed: false, minSamples: 1 };
  expect(wait({ answered: enough }, early)).toBe(
    `scoreDelta: 0 % of ${enough} samples are bad; the least time of observation hasn't passed`,
  );
  expect(wait({ answered: enough - 10 }, early)).toBe(
    `scoreDelta: 0 % of ${enough - 10} samples are bad; not surely within the limit of 5 %, about 10 more samples would prove it`,
  );
});

test("a verdict over the limit, and one within it, say so", () => {
  expect(judge({ answered: 1000, scoreWorse: 200 }).scoreDelta).toMatchObject({
    verdict: "Fail",
    message: "scoreDelta: 20 % of 1000 samples are bad, over the limit of 5 %",
  });
  expect(judge({ answered: 1000 }).mismatch).toMatchObject({
    verdict: "Pass",
    message: "mismatch: 0 % of 1000 samples are bad, within the limit of 20 %",
  });
});

test("the published interval takes bursts for fewer samples", () => {
  const bursts = { dispersion: dispersed(4) };
  expect(judge({ answered: 1000, scoreWorse: 20 }, bursts).scoreDelta?.interval).toEqual(publishedInterval(5, 250));
  expect(judge({ answered: 1000, scoreWorse: 20 }).scoreDelta?.interval).toEqual(publishedInterval(20, 1000));
});
