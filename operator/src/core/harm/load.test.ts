// The load of a fleet whose pods are not of one age.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aPod } from "#test/builders/world.ts";
import { measureLoad } from "./load.ts";

const span = { seconds: 300, offsetSeconds: 0 };
const epoch = 5;
const requestsOf = ({ requests }: { requests: number }): number => requests;

/** A pod that has counted so many in so many seconds. */
function counting(name: string, requests: number, coveredSeconds: number) {
  const windows = [{ ...span, coveredSeconds, counters: someCounters({ requests }) }];
  return aPod(name)
    .saying(({ evidence }) => ({ evidence: { ...evidence, epoch, windows } }))
    .build();
}

const aFleet = fc.array(fc.integer({ min: 15, max: 300 }), { minLength: 1, maxLength: 40 });

describe("the load of a fleet", () => {
  it("is the same whichever of its pods were replaced, and whenever", () => {
    fc.assert(
      fc.property(aFleet, (ages) => {
        const pods = ages.map((seconds, index) => counting(`pod-${index}`, 20 * seconds, seconds));
        const { perSecond, usualPerSecond } = measureLoad(pods, epoch, span, requestsOf);
        expect(perSecond).toBeCloseTo(20 * pods.length, 6);
        expect(usualPerSecond ?? 20 * pods.length).toBeCloseTo(20 * pods.length, 6);
        expect(usualPerSecond === undefined).toBe(pods.length < 3);
      }),
    );
  });

  it("is no more by what a pod answered in its first second", () => {
    const pods = [counting("old", 3000, 300), counting("older", 3000, 300), counting("new", 150, 1)];
    expect(measureLoad(pods, epoch, span, requestsOf).perSecond).toBeCloseTo(30, 6);
  });

  it("is by a third of liars at most what twice their fellows have", () => {
    const pods = ["a", "b", "c", "d"].map((name) => counting(name, 3000, 300));
    const { perSecond, usualPerSecond } = measureLoad([counting("liar", 1e9, 20), ...pods], epoch, span, requestsOf);
    expect([perSecond, usualPerSecond]).toEqual([60, 50]);
  });

  it("isn't known where no pod tells, or none has had any time", () => {
    for (const pods of [[], [aPod().silent().build()], [counting("new", 3, 0)]])
      expect(measureLoad(pods, epoch, span, requestsOf).perSecond).toBeUndefined();
  });
});
