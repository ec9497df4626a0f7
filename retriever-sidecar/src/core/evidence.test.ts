import fc from "fast-check";
import { expect, test } from "vitest";
import { addCounters, evidenceSchema, noCounters } from "#contract/evidence.ts";
import type { Increment } from "./counter-row.ts";
import { makeEvidenceLog } from "./evidence.ts";

const increments = fc.record(
  {
    requests: fc.constant(1),
    answered: fc.nat(3),
    mismatch: fc.nat(1),
    overlapSum: fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
    latencyMs: fc.integer({ min: 0, max: 6000 }),
    shadowMs: fc.integer({ min: 0, max: 6000 }),
    latencyBetter: fc.nat(1),
    recallLossSum: fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Increment>;

test("windows and totals equal a naive recount of all events, however they are spread over an hour", () => {
  const events = fc.array(fc.record({ gapMs: fc.nat(60_000), increment: increments }), { maxLength: 60 });
  const span = fc
    .record({ seconds: fc.integer({ min: 1, max: 900 }), offsetSeconds: fc.integer({ min: 0, max: 899 }) })
    .filter(({ seconds, offsetSeconds }) => seconds + offsetSeconds <= 900);
  fc.assert(
    fc.property(events, fc.array(span, { maxLength: 3 }), fc.nat(5_000_000), (spread, spans, activatedAtMs) => {
      const log = makeEvidenceLog(7, activatedAtMs);
      let nowMs = activatedAtMs;
      const stamped = spread.map(({ gapMs, increment }) => {
        nowMs += gapMs;
        log.add(increment, at(nowMs));
        return { second: Math.floor(nowMs / 1000), increment };
      });
      const evidence = evidenceSchema.parse(log.read(at(nowMs), { spans }));
      expect(evidence.counters).toEqual(recount(stamped.map((event) => event.increment)));
      const nowSecond = Math.floor(nowMs / 1000);
      for (const window of evidence.windows) {
        const to = nowSecond - window.offsetSeconds;
        const inside = stamped.filter(({ second }) => second <= to && second > to - window.seconds);
        expect(window.counters).toEqual(recount(inside.map((event) => event.increment)));
        expect(window.coveredSeconds).toBeLessThanOrEqual(
          Math.min(window.seconds, (nowMs - activatedAtMs) / 1000) + 1e-9,
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("two adjacent windows of an old epoch cover their whole spans and share nothing", () => {
  const log = makeEvidenceLog(1, 0);
  for (let second = 0; second < 700; second += 1) log.add({ requests: 1 }, at(second * 1000 + 500));
  const { windows } = log.read(at(700_000 - 1), {
    spans: [
      { seconds: 300, offsetSeconds: 0 },
      { seconds: 300, offsetSeconds: 300 },
    ],
  });
  expect(windows.map((window) => window.counters.requests)).toEqual([300, 300]);
  expect(windows.map((window) => Math.round(window.coveredSeconds))).toEqual([300, 300]);
});

test("a window is clipped to the epoch's activation", () => {
  const log = makeEvidenceLog(3, 10_250);
  log.add({ requests: 1 }, at(10_300));
  const [window] = log.read(at(12_250), { spans: [{ seconds: 60, offsetSeconds: 0 }] }).windows;
  expect(window).toMatchObject({ coveredSeconds: 2, counters: { requests: 1 } });
  const [before] = log.read(at(12_250), { spans: [{ seconds: 60, offsetSeconds: 60 }] }).windows;
  expect(before?.coveredSeconds).toBe(0);
});

test("a clock that stands still or steps back loses no event", () => {
  const log = makeEvidenceLog(1, 5000);
  log.add({ requests: 1 }, at(9000));
  log.add({ requests: 1 }, at(7000));
  expect(log.read(at(9000), { spans: [{ seconds: 1, offsetSeconds: 0 }] }).windows[0]?.counters.requests).toBe(2);
});

function recount(all: readonly Increment[]) {
  return all.map(asCounters).reduce(addCounters, noCounters());
}

function asCounters(increment: Increment) {
  const log = makeEvidenceLog(0, 0);
  log.add(increment, at(0));
  return log.read(at(0), { spans: [] }).counters;
}

/** The same moment on both clocks. */
function at(ms: number) {
  return { monotonicMs: ms, wallMs: ms };
}
