// In fleets beyond twelve pods a third of them neither takes a healthy destination back nor keeps a harmful one.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, aPod, noon } from "#test/builders/world.ts";
import { trafficLines } from "../detection/lines.ts";
import { fewPodsOf } from "./few-pods.ts";

const plan = aSpec();
const migration = aMigration(plan).in("Guard").build();
const score = trafficLines({ plan, baseline: undefined, pastCutover: true, differenceIsHarmless: false }).find(
  ({ line }) => line === "score",
);

/** What the odd ones tell beside what all others do; `seconds`: how long harm stands. */
function judge(
  [pods, odd]: readonly [number, number],
  told: Partial<Counters>,
  usual: Partial<Counters>,
  seconds = 600,
) {
  const serving = Array.from({ length: pods }, (_, at) =>
    aPod(`pod-${at}`)
      .following(migration, at < odd ? told : usual)
      .build(),
  );
  if (score === undefined) throw new Error("no line of scores");
  return fewPodsOf(score, { plan, serving, epoch: migration.status.epoch, sinceMs: noon - seconds * 1000, now: noon });
}

const fleet = fc
  .integer({ min: 13, max: 100 })
  .chain((pods) => fc.tuple(fc.constant(pods), fc.nat(Math.floor(pods / 3))));
const samples = fc.integer({ min: 0, max: 1e9 });
const lie = fc.tuple(samples, samples).map(([a, b]) => ({ scoreWorse: Math.min(a, b), answered: Math.max(a, b) }));

describe("of 13 to 100 pods", () => {
  it("whatever a third tells while the others are well is theirs alone", () => {
    fc.assert(
      fc.property(fleet, lie, ([pods, odd], told) => {
        const few = judge([pods, odd], told, { answered: 100, scoreWorse: 1 });
        expect(few).toBeDefined();
        expect(few?.length).toBeLessThanOrEqual(odd);
      }),
      { numRuns: 100 },
    );
  });

  it("whatever a third tells while the others are harmed changes nothing", () => {
    fc.assert(
      fc.property(fleet, lie, fc.integer({ min: 6, max: 100 }), ([pods, odd], told, scoreWorse) => {
        expect(judge([pods, odd], told, { answered: 100, scoreWorse })).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it("too few that have counted enough, or harm that has just begun, leave it to the groups", () => {
    expect(judge([24, 8], { answered: 100, scoreWorse: 100 }, { answered: 3 })).toBeUndefined();
    expect(judge([24, 8], { answered: 100, scoreWorse: 100 }, { answered: 100 }, 5)).toBeUndefined();
    expect(judge([24, 8], { answered: 100, scoreWorse: 100 }, { answered: 100 })).toHaveLength(8);
  });

  it("up to twelve pods each has a group of its own", () => {
    expect(judge([12, 4], { answered: 100, scoreWorse: 100 }, { answered: 100 })).toBeUndefined();
  });
});
