// The state of the detectors from bin to bin: what stands, what ends it, and whom one namespace moves.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { noCounters, noSliceCounters, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { foldDetection, foldEach, logThreshold } from "./detection.ts";
import type { Bin } from "./new-bins.ts";

const plan = aSpec();
const facts = {
  plan,
  epoch: 5,
  baseline: undefined as Baseline | undefined,
  pastCutover: true,
  differenceIsHarmless: false,
};

function aBin(index: number, bad: number, n = 100, slices: ReadonlyMap<string, SliceCounters> = new Map()): Bin {
  const counters = { ...noCounters(), requests: n, answered: n, scoreWorse: bad };
  return { at: 1_000_000 + index * 10, counters, slices, failing: [] };
}

function play(bins: readonly Bin[], more: Partial<typeof facts> = {}, from?: DetectionState) {
  return foldDetection(from, { ...facts, ...more, bins });
}

function lineOf(state: DetectionState | undefined, line: string, slice: number | null = null) {
  return state?.lines.find((one) => one.line === line && one.slice === slice);
}

const repeat = (count: number, bad: number, from = 0) => Array.from({ length: count }, (_, k) => aBin(from + k, bad));

describe("what evidence has to reach", () => {
  const stages = (deadline: string) => [{ sampleRate: 0.1, minDuration: "10m", deadline }];
  const before = (more: Parameters<typeof aSpec>[0]) => logThreshold(aSpec(more), false, 1);

  it("before the cutover counts for 72 h at least, as a ramp of short stages may wait for its Promote", () => {
    expect(before({ stages: stages("30m") })).toBe(before({}));
    expect(before({ stages: stages("144h") })).toBeCloseTo(before({}) + Math.log(2), 9);
  });

  it("after it counts for guard.deadline", () => {
    const guard = { duration: "1h", deadline: "2h" };
    expect(logThreshold(aSpec({ guard }), true, 1)).toBeCloseTo(Math.log(720 / 0.01), 9);
  });
});

describe("a line", () => {
  it("without a bin stays what it was, and begins anew with an epoch", () => {
    expect(play([])).toBeUndefined();
    const state = play(repeat(3, 50));
    expect(play([], {}, state)).toBe(state);
    expect(lineOf(play([aBin(9, 0)], { epoch: 6 }, state), "score")?.n).toBe(100);
  });

  it("gives the same whether its bins come one by one or together", () => {
    const bins = [...repeat(20, 3), ...repeat(30, 40, 20)];
    let state: DetectionState | undefined;
    const states = bins.map((bin) => {
      state = play([bin], {}, state);
      return state;
    });
    expect(play(bins)).toEqual(state);
    expect(foldEach(undefined, { ...facts, bins })).toEqual(states);
  });

  it("of which a bin comes in two parts, since clocks of pods differ, holds the evidence of the bin as a whole", () => {
    const half = (index: number, bad: number) => aBin(index, bad, 50);
    const whole = lineOf(play(repeat(30, 6)), "score");
    const parts = lineOf(play(repeat(30, 6).flatMap((_, k) => [half(k, 2), half(k, 4)])), "score");
    expect(parts).toMatchObject({ bad: whole?.bad, n: whole?.n });
    expect(parts?.logs).toHaveLength(8);
    for (const [k, log] of (whole?.logs ?? []).entries()) expect(parts?.logs[k]).toBeCloseTo(log, 2);
  });

  it("acts after one and a half of sustainedFor, and at the shortest times a plan may have after three bins", () => {
    expect(lineOf(play(repeat(45, 90)), "score")?.clock?.verdict).toBe("waiting");
    expect(lineOf(play(repeat(46, 90)), "score")?.clock?.verdict).toBe("worse");
    const short = aSpec({ rollback: { window: "1s", sustainedFor: "1s" } });
    expect(lineOf(play(repeat(3, 90), { plan: short }), "score")?.clock?.verdict).toBe("waiting");
    expect(lineOf(play(repeat(4, 90), { plan: short }), "score")?.clock?.verdict).toBe("worse");
  });

  it("of which nothing was seen for longer than sidecars remember has no clock any more", () => {
    const state = play(repeat(20, 90));
    expect(lineOf(play([aBin(120, 0, 1)], {}, state), "score")?.clock?.since).not.toBe(
      lineOf(state, "score")?.clock?.since,
    );
  });

  it("that was disarmed forgets what it gathered", () => {
    const bins = repeat(5, 0).map((bin) => ({ ...bin, counters: { ...bin.counters, mismatch: 90 } }));
    const state = play(bins);
    expect(lineOf(state, "mismatch")?.clock).toBeDefined();
    expect(lineOf(play([aBin(9, 0)], { differenceIsHarmless: true }, state), "mismatch")).toMatchObject({
      logs: [],
      n: 0,
    });
  });
});

describe("a destination that is slow while the source is as well", () => {
  const slow = (from: number, count: number, [worse, better]: readonly [number, number]) =>
    Array.from({ length: count }, (_, k): Bin => {
      const bin = aBin(from + k, 0);
      return { ...bin, counters: { ...bin.counters, latencyWorse: worse, latencyBetter: better } };
    });
  const lasts = slow(0, 120, [20, 20]);
  const verdicts = (bins: readonly Bin[]): string[] => {
    const said = new Set<string>();
    let state: DetectionState | undefined;
    for (const bin of bins) {
      state = play([bin], {}, state);
      said.add(lineOf(state, "latency")?.clock?.verdict ?? "none");
    }
    return [...said];
  };

  it("isn't taken for harmful by a blip of its own, however long both were slow", () => {
    expect(verdicts([...lasts, ...slow(120, 9, [100, 0]), ...slow(129, 90, [20, 20])])).not.toContain("worse");
  });

  it("is, once it is the slower one for as long as harm has to last", () => {
    expect(verdicts([...lasts, ...slow(120, 40, [100, 0])])).not.toContain("worse");
    expect(verdicts([...lasts, ...slow(120, 60, [100, 0])])).toContain("worse");
  });

  it("is as well where the source is as slow in spells, one minute of five", () => {
    const spells = Array.from({ length: 20 }, (_, k) => [
      ...slow(30 * k, 24, [40, 3]),
      ...slow(30 * k + 24, 6, [40, 40]),
    ]).flat();
    expect(verdicts(spells)).toContain("worse");
  });
});

describe("a destination that leaves requests empty that the source answers", () => {
  const baseline = { requests: 100_000, errorShare: 0, emptyShare: 0.4, p95Ms: 80 } as unknown as Baseline;
  const emptied = (from: number, count: number, [alone, sampled]: readonly [number, number]) =>
    Array.from({ length: count }, (_, k): Bin => {
      const bin = aBin(from + k, 0, 200);
      const counters = { ...bin.counters, answered: sampled, empty: 80 + alone, emptyWorse: (alone * sampled) / 200 };
      return { ...bin, counters };
    });
  const verdictOf = (bins: readonly Bin[]) => lineOf(play(bins, { baseline }), "emptyAnswers")?.clock?.verdict;

  it("is taken for harmful where even more are empty as usual, and few samples were taken", () => {
    expect(verdictOf(emptied(0, 60, [60, 200]))).toBe("worse");
    expect(verdictOf(emptied(0, 120, [60, 2]))).toBe("worse");
  });

  it("isn't by a blip while both leave more of them empty", () => {
    const both = (from: number, count: number) =>
      emptied(from, count, [0, 200]).map((bin) => ({ ...bin, counters: { ...bin.counters, empty: 150 } }));
    expect(verdictOf([...both(0, 60), ...emptied(60, 6, [120, 200]), ...both(66, 12)])).toBe("waiting");
  });
});

describe("one namespace", () => {
  const counting = (n: number, scoreWorse: number): SliceCounters => {
    return { ...noSliceCounters(), requests: n, answered: n, scoreWorse };
  };
  const withTenant = (index: number, share: number): Bin => {
    const bad = Math.round(1000 * share);
    const slices = new Map([
      ["loud", counting(bad, bad)],
      ["quiet", counting(1000 - bad, 0)],
    ]);
    return aBin(index, bad, 1000, slices);
  };
  const playTenant = (share: number) => play(Array.from({ length: 90 }, (_, index) => withTenant(index, share)));

  it("that is all wrong is held by itself and moves nobody else, whatever its part of the traffic up to a half", () => {
    for (const share of [0.1, 0.4]) {
      const state = playTenant(share);
      const slice = state?.slices.findIndex(({ name }) => name === "loud") ?? -1;
      expect(lineOf(state, "score", slice)?.clock?.verdict).toBe("worse");
      expect(lineOf(state, "score")?.clock).toBeUndefined();
    }
  });

  it("that fails all of its requests is no severe harm to all, unless it is most of them", () => {
    const failing = (share: number) => {
      const failed = Math.round(1000 * share);
      const loud = { ...counting(failed, 0), answered: 0, errors: failed };
      const slices = new Map([
        ["loud", loud],
        ["quiet", counting(1000 - failed, 0)],
      ]);
      const bin = (index: number): Bin => {
        const all = aBin(index, 0, 1000, index < 30 ? new Map([...slices, ["loud", counting(failed, 0)]]) : slices);
        return index < 30 ? all : { ...all, counters: { ...all.counters, errors: failed, answered: 1000 - failed } };
      };
      return lineOf(play(Array.from({ length: 90 }, (_, index) => bin(index))), "severe")?.run?.failingSeconds ?? 0;
    };
    for (const share of [0.25, 0.45]) expect(failing(share)).toBeLessThan(durationSeconds(plan.rollback.severeFor));
    expect(failing(0.7)).toBeGreaterThan(durationSeconds(plan.rollback.severeFor));
  });

  it("that is most of the traffic is everybody's affair", () => {
    expect(lineOf(playTenant(0.7), "score")?.clock?.verdict).toBe("worse");
  });
});
