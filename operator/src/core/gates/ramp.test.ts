import type { Baseline, DispersionState, Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { foldDispersion } from "./dispersion-state.ts";
import { listCounts } from "./gate-counts.ts";
import { type GateInput, gateNames, judgeRamp } from "./ramp.ts";

const baseline: Baseline = {
  requests: 1,
  errorShare: 0,
  emptyShare: 0,
  p95Ms: 1,
  mismatchShare: 0.02,
  mismatchSamples: 1000,
  requestsPerSecond: 1,
};

/** Samples that agree in everything but what is named. */
function samples(more: Partial<Counters>): Counters {
  const answered = more.answered ?? 0;
  return someCounters({ overlapSum: answered, requests: answered * 50, ...more });
}

/** Twelve windows with a twelfth of the totals each; the bad ones in the first `badWindows` of them. */
function windowsOf(totals: Counters, badWindows = 12): DispersionState {
  let state: DispersionState | undefined;
  for (let window = 0; window <= 12; window += 1) {
    const bad = Math.min(1, window / badWindows);
    const counts = listCounts(totals).map((count) => ({ ...count, bad: count.bad * bad, n: (count.n * window) / 12 }));
    state = foldDispersion(state, { epoch: 2, counts, now: window * 30_000, windowSeconds: 30 });
  }
  if (state === undefined) throw new Error("no windows");
  return state;
}

function judge(gate: string, counters: Partial<Counters>, more: Partial<GateInput> = {}): Verdict | undefined {
  const totals = samples(counters);
  const input: GateInput = {
    plan: aSpec(),
    minSamples: 1000,
    sampleRate: 0.02,
    totals,
    dispersion: windowsOf(totals),
    elapsedSeconds: 3600.4,
    baseline: undefined,
    ...more,
  };
  return judgeRamp(input).find((verdict) => verdict.gate === gate);
}

describe("a gate", () => {
  it.each([
    ["scoreDelta", { answered: 1000, scoreWorse: 20 }, "Pass"],
    ["scoreDelta", { answered: 1000, scoreWorse: 45 }, "NotYet"],
    ["scoreDelta", { answered: 1000, scoreWorse: 100 }, "Fail"],
    ["scoreDelta", { answered: 999 }, "NotYet"],
    ["scoreMean", { answered: 1000, scoreWorseSum: 50 }, "Pass"],
    ["scoreMean", { answered: 1000, scoreWorseSum: 190 }, "NotYet"],
    ["scoreMean", { answered: 1000, scoreWorseSum: 300 }, "Fail"],
    ["latencyDelta", { answered: 1000, latencyWorse: 20 }, "Pass"],
    ["latencyDelta", { answered: 980, latencyWorse: 10, shadowTimeouts: 20 }, "Pass"],
    ["latencyDelta", { answered: 900, shadowTimeouts: 60, shadowErrors: 40 }, "Fail"],
    ["mismatch", { answered: 1000, mismatch: 150 }, "Pass"],
    ["mismatch", { answered: 1000, mismatch: 195 }, "NotYet"],
    ["mismatch", { answered: 1000, mismatch: 300 }, "Fail"],
    ["overlap", { answered: 1000, overlapSum: 720 }, "Pass"],
    ["overlap", { answered: 1000, overlapSum: 610 }, "NotYet"],
    ["overlap", { answered: 1000, overlapSum: 500 }, "Fail"],
    ["shadowErrors", { answered: 999, shadowErrors: 1 }, "Pass"],
    ["shadowErrors", { answered: 998, shadowErrors: 2 }, "NotYet"],
    ["shadowErrors", { answered: 10 }, "NotYet"],
    ["sampleRatio", { answered: 1000, requests: 50_000 }, "Pass"],
    ["sampleRatio", { answered: 1000, requests: 20_000 }, "NotYet"],
    ["sampleRatio", { answered: 1000, requests: 200_000 }, "NotYet"],
    ["sampleRatio", { answered: 500, shadowDropped: 500, requests: 55_000, errors: 5000 }, "Pass"],
    ["sampleRatio", {}, "Pass"],
  ] as const)("%s with %o: %s", (gate, counters, verdict) => {
    expect(judge(gate, counters)?.verdict).toBe(verdict);
  });

  it("passes only after the dwell, and fails before it", () => {
    const early = { elapsedSeconds: 599 };
    expect(judge("latencyDelta", { answered: 2000 }, { elapsedSeconds: 600 })?.verdict).toBe("Pass");
    expect(judge("latencyDelta", { answered: 2000 }, early)?.message).toContain("the least time of observation");
    expect(judge("latencyDelta", { answered: 2000, latencyWorse: 300 }, early)?.verdict).toBe("Fail");
  });

  it("of latency doesn't fail while the source is as often the slower one, and fails once the destination surely is", () => {
    const slow = (latencyBetter: number) =>
      judge("latencyDelta", { answered: 10_000, latencyWorse: 2000, latencyBetter });
    expect(slow(2000)).toMatchObject({
      verdict: "NotYet",
      message: expect.stringContaining("what slows both is no harm"),
    });
    expect(slow(1950)?.verdict).toBe("NotYet");
    expect(slow(1500)?.verdict).toBe("Fail");
  });

  it("discounts bursts before passing and before failing", () => {
    const good = samples({ answered: 1000, latencyWorse: 20 });
    expect(judge("latencyDelta", good, { dispersion: windowsOf(good, 1) })?.verdict).toBe("NotYet");
    const bad = samples({ answered: 1000, latencyWorse: 90 });
    expect(judge("latencyDelta", bad)?.verdict).toBe("Fail");
    expect(judge("latencyDelta", bad, { dispersion: windowsOf(bad, 2) })?.verdict).toBe("NotYet");
  });

  it("waits for windows that tell of bursts, but for ids on the wrong vectors it waits for nothing", () => {
    const shuffled = { answered: 8, mismatch: 8, overlapSum: 0 };
    const first = { dispersion: undefined, elapsedSeconds: 2, plan: aSpec({ recall: { mode: "Off" } }) };
    expect(judge("mismatch", shuffled, first)?.verdict).toBe("Fail");
    expect(judge("mismatch", { answered: 7, mismatch: 7 }, first)?.verdict).toBe("NotYet");
    expect(judge("overlap", { answered: 14, overlapSum: 0 }, first)?.verdict).toBe("Fail");
    expect(judge("scoreDelta", { answered: 2000, scoreWorse: 2000 }, first)?.message).toContain("bursts");
  });

  it("without trustworthy totals is Unknown, whichever it is", () => {
    const input = { totals: null, dispersion: undefined };
    const verdicts = gateNames.map((gate) => judge(gate, {}, input));
    expect(verdicts.map((verdict) => verdict?.gate)).toEqual([...gateNames]);
    for (const verdict of verdicts) expect(verdict).toMatchObject({ verdict: "Unknown", value: null, interval: null });
  });

  it("carries what a reader needs to check it", () => {
    const verdict = judge("scoreDelta", { answered: 2000, scoreWorse: 20 });
    expect(verdict).toMatchObject({ value: 0.01, n: 2000, limit: 0.05, windowSeconds: 3600 });
    expect(verdict?.message).toBe("scoreDelta: 1 % of 2000 samples are bad, within the limit of 5 %");
    const [lower, upper] = verdict?.interval ?? [];
    expect(lower).toBeLessThan(0.01);
    expect(upper).toBeGreaterThan(0.01);
    expect(upper).toBeLessThan(0.05);
  });

  it("says how many more samples it needs, or that no number is enough", () => {
    expect(judge("scoreDelta", { answered: 1000, scoreWorse: 40 })?.message).toMatch(
      /not surely within the limit of 5 %, about \d+ more samples would prove it$/,
    );
    expect(judge("scoreDelta", { answered: 1000, scoreWorse: 55 })?.message).toContain("too close to it");
    expect(judge("scoreDelta", { answered: 20 })?.message).toBe(
      "scoreDelta: 0 % of 20 samples are bad; 1000 are needed",
    );
  });
});

describe("the mismatch gate with a measured baseline", () => {
  it.each([
    [40, "Pass"],
    [65, "NotYet"],
    [90, "NotYet"],
    [200, "Fail"],
  ] as const)("of 2 %% and a margin of 5 %%: %d of 1000 %s", (mismatch, verdict) => {
    expect(judge("mismatch", { answered: 1000, mismatch }, { baseline })?.verdict).toBe(verdict);
  });

  it("is never lifted above the ceiling", () => {
    const high = { ...baseline, mismatchShare: 0.5 };
    expect(judge("mismatch", { answered: 1000 }, { baseline: high })?.limit).toBe(0.2);
  });

  it("fails at the ceiling only when nobody knows what the baseline rests on", () => {
    const { mismatchSamples: _samples, ...unknown } = baseline;
    expect(judge("mismatch", { answered: 1000, mismatch: 190 }, { baseline })?.verdict).toBe("Fail");
    expect(judge("mismatch", { answered: 1000, mismatch: 190 }, { baseline: unknown })?.verdict).toBe("NotYet");
  });
});

describe("the overlap gate", () => {
  it("publishes the share in both answers, its interval and its floor", () => {
    const verdict = judge("overlap", { answered: 1000, overlapSum: 970 });
    expect(verdict).toMatchObject({ value: 0.97, limit: 0.6 });
    expect(verdict?.interval?.[0]).toBeLessThan(0.97);
    expect(verdict?.interval?.[1]).toBeGreaterThan(0.97);
    expect(verdict?.message).toBe(
      "overlap: 97 % of the chunks of 1000 samples are in both answers, within the floor of 60 %",
    );
    expect(judge("overlap", { answered: 1000, overlapSum: 100 })?.message).toContain("under the floor of 60 %");
  });
});

describe("the shadow-error gate", () => {
  it("passes a share within the limit at any rate of requests, however new its errors are", () => {
    for (const answered of [20_000, 2_000_000]) {
      expect(judge("shadowErrors", { answered, shadowErrors: answered / 2000 })?.verdict).toBe("Pass");
    }
  });

  it.each([
    [{ answered: 999, shadowErrors: 1 }, {}, "0.1 % of 1000 samples are bad, within the limit of 0.1 %"],
    [
      { answered: 998, shadowErrors: 2 },
      {},
      "0.2 % of 1000 samples are bad, over the limit of 0.1 %; waiting for better ones",
    ],
    [{ answered: 1000 }, { lost: 50 }, "0 % of 1000 samples are bad, within the limit of 0.1 %"],
    [
      { answered: 1000 },
      { lost: 50.5 },
      "0 % of 1000 samples are bad, but 51 more may have been lost with pods; waiting for more samples",
    ],
    [{ answered: 10 }, {}, "10 of 1000 samples"],
    [{ answered: 1000 }, { totals: null }, "no trustworthy evidence"],
  ])("says of %o with %o: %s", (counters, more, words) => {
    expect(judge("shadowErrors", counters, more)).toMatchObject({
      message: `shadowErrors: ${words}`,
      windowSeconds: 3600,
    });
  });

  it.each([
    [86, "Pass"],
    [88, "NotYet"],
  ])("of 1000 good samples and a limit of 8 percent, with %d lost that may all be bad: %s", (lost, verdict) => {
    const plan = aSpec({ thresholds: { shadowErrors: { maxBadShare: 0.08 } } });
    expect(judge("shadowErrors", { answered: 1000 }, { plan, lost })?.verdict).toBe(verdict);
  });

  it("asks for at least one sample where the plan asks for none", () => {
    expect(judge("shadowErrors", {}, { minSamples: 0 })?.message).toBe("shadowErrors: 0 of 1 samples");
  });
});

it("what one pod of three shows alone holds a gate that acts, and none that is only observed", () => {
  const pods = [72, 4, 4].map((scoreWorse, index) => ({
    name: `pod-${index}`,
    counters: samples({ answered: 400, scoreWorse }),
  }));
  const plan = aSpec();
  const { thresholds } = plan;
  const observing = {
    ...plan,
    thresholds: { ...thresholds, scoreDelta: { ...thresholds.scoreDelta, beforeCutover: "Observe" } },
  } as const;
  const verdictBy = (spec: GateInput["plan"]) =>
    judge("scoreDelta", { answered: 1200, scoreWorse: 80 }, { pods, plan: spec });
  expect(verdictBy(plan)).toMatchObject({ verdict: "NotYet", isAlone: true });
  expect(verdictBy(observing)).toMatchObject({ verdict: "NotYet" });
  expect(verdictBy(observing)).not.toHaveProperty("isAlone");
});
