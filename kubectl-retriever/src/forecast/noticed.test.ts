// What is foretold, held against the operator's own detectors and against the laws of traffic.
import { type MigrationSpecInput, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import { foldDetection } from "@retriever/operator/core/detection/detection.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countIn, type Flow, hourlyFlow, measuredFlow, type Span, secondsUntil } from "./flow.ts";
import { forecast, measuredBaseline } from "./forecast.ts";
import type { Harm, Notice } from "./noticed.ts";
import { guardSampleRate } from "./watches.ts";

const destination = { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" } as const;
const aPlan = (more: Partial<MigrationSpecInput> = {}) =>
  migrationSpecSchema.parse({ target: { name: "search-api" }, destination, ...more });
const plan = aPlan();

function noticeOf(flow: Flow, where: string, harm: Harm, spec = plan): Notice {
  const watch = forecast(spec, flow).watches.find(({ name }) => name === where);
  return watch?.notices.find((one) => one.harm === harm) as Notice;
}

const goodSeconds = 3600;

/** Seconds from when harm begins, after an hour without, until the guard's own clock of a line says that it is worse. */
function playGuard(requestsPerSecond: number, line: string, harmed: (samples: number) => Partial<Counters>): number {
  let state: DetectionState | undefined;
  for (let at = -goodSeconds; at < 36_000; at += 10) {
    const requests = requestsPerSecond * 10;
    const answered = requests * guardSampleRate(plan, requestsPerSecond);
    const good = { recallSamples: Math.min(10, answered) };
    const counters = { ...noCounters(), requests, answered, ...(at < 0 ? good : harmed(answered)) };
    const bins = [{ at: goodSeconds + at, counters, slices: new Map(), failing: ["a", "b"] }];
    const facts = { plan, epoch: 1, baseline: measuredBaseline(plan), pastCutover: true, differenceIsHarmless: false };
    state = foldDetection(state, { ...facts, bins });
    if (state?.lines.find((one) => one.line === line)?.clock?.verdict === "worse") return at + 10;
  }
  return Infinity;
}

describe("the operator's own detectors act when it was foretold", () => {
  const wrong = (samples: number): Partial<Counters> => {
    const recallSamples = Math.min(10, samples);
    return { mismatch: samples, recallSamples, recallLossSum: recallSamples, recallSquaresSum: recallSamples };
  };
  it.each([
    [0.05, "slow30", "latency", (samples: number) => ({ latencyWorse: 0.3 * samples })],
    [0.2, "slow30", "latency", (samples: number) => ({ latencyWorse: 0.3 * samples })],
    [0.7, "slow8", "latency", (samples: number) => ({ latencyWorse: 0.08 * samples })],
    [8, "slow8", "latency", (samples: number) => ({ latencyWorse: 0.08 * samples })],
    [2, "slow30", "latency", (samples: number) => ({ latencyWorse: 0.3 * samples })],
    [60, "slow8", "latency", (samples: number) => ({ latencyWorse: 0.08 * samples })],
    [0.7, "everyAnswerWrong", "recall", wrong],
    [20, "everyAnswerWrong", "recall", wrong],
  ] as const)("at %s requests/s on %s", (rate, harm, line, harmed) => {
    const foretold = noticeOf(hourlyFlow(rate), "GUARD", harm);
    const played = playGuard(rate, line, harmed);
    expect(foretold.line).toBe(line);
    // Too long rather than too short: the open part may end sooner, and parts get shorter as the evidence grows.
    const early = (foretold.seconds.longest ?? Infinity) - played;
    expect(early).toBeGreaterThanOrEqual(-20);
    expect(early).toBeLessThanOrEqual(0.15 * played);
  });

  it("a dead destination takes the time of 15 requests, severeFor at least, and a bin", () => {
    const after = (rate: number) => noticeOf(hourlyFlow(rate), "GUARD", "everyRequestFails").seconds.longest;
    expect([after(0.05), after(0.5), after(60)]).toEqual([310, 40, 25]);
  });

  it("what comes by chance is there by the 95th percentile of the simulated guards (D2)", () => {
    const mostly = (rate: number, harm: Harm) => noticeOf(hourlyFlow(rate), "GUARD", harm).mostly?.longest ?? 0;
    expect(mostly(0.05, "everyRequestFails")).toBeCloseTo(448, 0);
    expect(mostly(0.7, "everyRequestFails")).toBeCloseTo(41, 0);
    expect(mostly(60, "everyRequestFails")).toBe(25);
    expect(mostly(2, "slow30")).toBe(0);
  });
});

describe("harm within the plan's limit", () => {
  it("is never acted on, whatever the traffic, and a stage names the line that judges it", () => {
    const lenient = aPlan({ thresholds: { latencyDelta: { maxBadShare: 0.1 } } });
    const notice = noticeOf(hourlyFlow(1000), "STAGE 2", "slow8", lenient);
    expect(notice).toMatchObject({ line: "latency", action: "StepDown", limit: 0.1, seconds: { longest: null } });
  });
});

const factors = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 24, maxLength: 24 });

it("a flow has brought exactly so much by the time that it takes to bring it", () => {
  fc.assert(
    fc.property(factors, fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 1, max: 100_000 }), (day, from, n) => {
      fc.pre(Math.max(...day) > 0.01);
      const flow = hourlyFlow(1, day);
      expect(countIn(flow, from, secondsUntil(flow, from, n))).toBeCloseTo(n, 3);
    }),
  );
});

it("measured minutes are taken together to quarters of an hour", () => {
  const requestsPerSecond = [
    ...Array.from({ length: 15 }, (_, minute) => minute),
    ...Array.from({ length: 15 }, () => 2),
  ];
  expect(measuredFlow({ every: "1m", requestsPerSecond })).toMatchObject({ stepSeconds: 900, perSecond: [7, 2] });
  expect(measuredFlow({ every: "1h", requestsPerSecond: [3, 4] })).toMatchObject({
    stepSeconds: 3600,
    perSecond: [3, 4],
  });
});

it("more traffic, at any hour, never makes anything take longer", () => {
  const fixed = { guard: { sampling: { mode: "Fixed" } }, recall: { mode: "Off" } } as const;
  const spans = (flow: Flow, spec: typeof plan): Span[] => {
    const { stages, guard, watches } = forecast(spec, flow);
    return [
      ...stages.map(({ seconds }) => seconds),
      ...(guard === null ? [] : [guard.seconds]),
      ...watches.flatMap(({ notices }) => notices.map(({ seconds }) => seconds)),
    ];
  };
  const isNoLonger = (a: number | null, b: number | null) => (a ?? Infinity) <= (b ?? Infinity) + 1;
  fc.assert(
    fc.property(
      factors,
      factors,
      fc.constantFrom(0.02, 0.2, 2, 20),
      fc.constantFrom(plan, aPlan(fixed)),
      (day, more, rate, spec) => {
        fc.pre(Math.max(...day) > 0.01);
        const few = spans(hourlyFlow(rate, day), spec);
        const many = spans(
          hourlyFlow(
            rate,
            day.map((factor, hour) => factor + (more[hour] ?? 0)),
          ),
          spec,
        );
        for (const [index, { shortest, longest }] of many.entries()) {
          expect(isNoLonger(shortest, few[index]?.shortest ?? null)).toBe(true);
          expect(isNoLonger(longest, few[index]?.longest ?? null)).toBe(true);
        }
      },
    ),
    { numRuns: 20, seed: 17 },
  );
});
