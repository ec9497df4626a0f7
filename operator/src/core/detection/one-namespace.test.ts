// One namespace whose answers are empty or slow, or that was harmed from the cutover on, moves nobody else.
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import { noSliceCounters, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { foldDetection } from "./detection.ts";
import type { Bin } from "./new-bins.ts";

const baseline = { requests: 10_000, errorShare: 0, emptyShare: 0, p95Ms: 20, mismatchShare: 0, requestsPerSecond: 20 };
const facts = { plan: aSpec(), baseline, epoch: 5, pastCutover: true, differenceIsHarmless: false };
const requests = 1000;

/** What both stores do of so many requests, a quarter of which are sampled. */
function answering(n: number, { own = 20, source = 20, empty = false } = {}): SliceCounters {
  const answered = n / 4;
  return {
    ...noSliceCounters(),
    requests: n,
    answered,
    ...(empty ? { empty: n, emptyWorse: answered } : {}),
    latencyWorse: own > source ? answered : own === source && own > 100 ? answered / 4 : 0,
    latencyBetter: own === source && own > 100 ? answered / 4 : 0,
    latencyBuckets: allAt(own, n),
    shadowLatencyBuckets: allAt(source, answered),
  };
}

function aBin(index: number, loud: SliceCounters): Bin {
  const quiet = answering(requests - loud.requests);
  const sum = (key: "answered" | "empty" | "emptyWorse" | "latencyWorse" | "latencyBetter") => loud[key] + quiet[key];
  const add = (key: "latencyBuckets" | "shadowLatencyBuckets") => loud[key].map((n, k) => n + (quiet[key][k] ?? 0));
  const counters = someCounters({
    requests,
    answered: sum("answered"),
    empty: sum("empty"),
    emptyWorse: sum("emptyWorse"),
    latencyWorse: sum("latencyWorse"),
    latencyBetter: sum("latencyBetter"),
    latencyBuckets: add("latencyBuckets"),
    shadowLatencyBuckets: add("shadowLatencyBuckets"),
  });
  const slices = new Map([
    ["loud", loud],
    ["quiet", quiet],
  ]);
  return { at: 1_000_000 + index * 10, counters, slices, failing: [] };
}

type Part = { readonly share: number; readonly bad: Parameters<typeof answering>[1]; readonly from: number };

function bins(count: number, { share, bad, from }: Part): Bin[] {
  const loud = (index: number) => answering(requests * share, index < from ? {} : bad);
  return Array.from({ length: count }, (_, index) => aBin(index, loud(index)));
}

/** What of all traffic, and of single namespaces, has a clock. */
function standing(state: DetectionState | undefined): readonly string[] {
  const running = state?.lines.filter(({ clock }) => clock !== undefined) ?? [];
  return running.map(({ line, slice }) => (slice === null ? line : `${line} of ${state?.slices[slice]?.name}`));
}

describe("one namespace", () => {
  it("that alone is empty or slow is held by itself and moves nobody else, whatever its part up to a half", () => {
    for (const share of [0.1, 0.17, 0.4]) {
      const play = (bad: Part["bad"]) =>
        foldDetection(undefined, { ...facts, bins: bins(90, { share, bad, from: 30 }) });
      const emptied = play({ empty: true });
      expect(standing(emptied)).toEqual(["emptyAnswers of loud"]);
      expect(emptied?.lines.find(({ slice }) => slice !== null)?.clock?.verdict).toBe("worse");
      expect(standing(play({ own: 500 }))).toEqual(["latency of loud"]);
    }
  });

  it.each([
    { line: "content", one: { contentSamples: 5 }, bad: { contentMissingSum: 5 } },
    { line: "recall", one: { recallSamples: 3 }, bad: { recallLossSum: 1.5, recallSquaresSum: 0.75 } },
  ])("that alone is worse by $line is held by itself and moves nobody else", ({ line, one, bad }) => {
    const told = Array.from({ length: 240 }, (_, index): Bin => {
      const bin = aBin(index, answering(170));
      const more = index < 30 ? {} : bad;
      const [loud, quiet] = [
        { ...answering(170), ...one, ...more },
        { ...answering(830), contentSamples: 20, recallSamples: 7 },
      ];
      const whole = { contentSamples: 25, recallSamples: 10, ...more };
      const slices = new Map([
        ["loud", loud],
        ["quiet", quiet],
      ]);
      return { ...bin, counters: { ...bin.counters, ...whole }, slices };
    });
    const all = told.map((bin) => ({ ...bin, slices: new Map() }));
    expect(standing(foldDetection(undefined, { ...facts, bins: all }))).toEqual([line]);
    const state = foldDetection(undefined, { ...facts, bins: told });
    expect(standing(state)).toEqual([`${line} of loud`]);
    expect(state?.lines.find(({ slice }) => slice !== null)?.clock?.verdict).toBe("worse");
  });

  it("that is most of the traffic is everybody's affair", () => {
    const play = (bad: Part["bad"]) =>
      foldDetection(undefined, { ...facts, bins: bins(90, { share: 0.7, bad, from: 30 }) });
    expect(standing(play({ empty: true }))).toContain("emptyAnswers");
    expect(standing(play({ own: 500 }))).toEqual(expect.arrayContaining(["latency", "liveLatency"]));
  });

  it("whose queries take long at both stores is not harmed", () => {
    const both = { share: 0.04, bad: { own: 400, source: 400 }, from: 30 };
    expect(standing(foldDetection(undefined, { ...facts, bins: bins(200, both) }))).toEqual([]);
  });

  it("that is harmed from the cutover on is told from all by the slices of the ramp, until there are new ones", () => {
    const { baseline: _none, ...before } = facts;
    const ramp = bins(30, { share: 0.17, bad: {}, from: 99 });
    const known = foldDetection(undefined, {
      ...before,
      baseline: undefined,
      pastCutover: false,
      epoch: 4,
      bins: ramp,
    });
    expect(known?.slicesChosenIn).toBe("Ramp");
    const thin = bins(14, { share: 0.17, bad: { own: 500 }, from: 0 });
    const first = foldDetection(known, { ...facts, bins: thin });
    expect(first?.slicesChosenIn).toBe("Ramp");
    expect(standing(first)).toEqual(["latency of loud"]);
    const later = bins(90, { share: 0.17, bad: { own: 500 }, from: 0 }).slice(14);
    const chosen = foldDetection(first, { ...facts, bins: later });
    expect(chosen?.slicesChosenIn).toBe("Guard");
    expect(chosen?.nextSlices).toBeUndefined();
    expect(standing(chosen)).toEqual(["latency of loud"]);
    const since = (state: DetectionState | undefined) => state?.lines.find(({ slice }) => slice !== null)?.clock?.since;
    expect(since(chosen)).toBe(since(first));
  });
});
