// Who follows, and how many are enough.
import fc from "fast-check";
import { expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aPod } from "#test/builders/world.ts";
import type { PodObservation } from "../model/workload.ts";
import { countAcks, neededPods } from "./acks.ts";

const needed = (minAcknowledged: number | string, pods: number) =>
  neededPods(aSpec({ cutover: { minAcknowledged } }), pods);

it("rounds a share up, asks for no more pods than there are, and for one at least", () => {
  expect([needed("90%", 10), needed("90%", 9), needed("90%", 1000), needed("1%", 10)]).toEqual([9, 9, 900, 1]);
  expect([needed(9, 10), needed(9, 3), needed("100%", 1000), needed("50%", 0)]).toEqual([9, 3, 1000, 1]);
});

it("takes a share for met where the pods are, told in whole percents", () => {
  expect([needed("67%", 3), needed("66%", 3), needed("68%", 3), needed("34%", 3)]).toEqual([2, 2, 3, 2]);
  expect([needed("83%", 6), needed("67%", 300), needed("67%", 100), needed("99%", 1000)]).toEqual([5, 201, 67, 990]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2000 }), (percent, pods) => {
      const least = needed(`${percent}%`, pods);
      expect(Math.round((100 * least) / pods + 1e-9)).toBeGreaterThanOrEqual(percent);
      expect(least).toBeLessThanOrEqual(Math.max(1, Math.ceil((pods * percent) / 100)));
      expect(least).toBeGreaterThanOrEqual((pods * percent) / 100 - 0.5);
      expect(needed(`${Math.min(100, percent + 1)}%`, pods)).toBeGreaterThanOrEqual(least);
      expect(needed("100%", pods)).toBe(pods);
    }),
  );
});

/** Pods by one letter each: f follows, l lags, x lags on a lost node, d is fenced. */
function fleet(letters: string): readonly PodObservation[] {
  return letters.split("").map((letter, index) => ({ ...aPod(`${letter}${index}`).build(), nodeLost: letter === "x" }));
}
const rule = (share: string | number, hadTime: boolean) => ({
  follows: ({ name }: PodObservation) => name.startsWith("f"),
  isFenced: ({ name }: PodObservation) => name.startsWith("d"),
  quorum: { needed: (pods: number) => needed(share, pods), hadTime },
});

it.each([
  ["ffff", "100%", false, "all"],
  ["fffl", "100%", true, "waiting"],
  ["fffl", "75%", false, "waiting"],
  ["fffl", "75%", true, "quorum"],
  ["ffld", "75%", true, "waiting"],
  ["fffx", "100%", false, "waiting"],
  ["fffx", "100%", true, "quorum"],
  ["ffxl", "100%", true, "waiting"],
  ["x", "1%", true, "waiting"],
  ["", "1%", true, "none"],
])("of %s at %s, their time over %s, it is %s", (letters, share, hadTime, state) => {
  expect(countAcks(fleet(letters), rule(share, hadTime)).state).toBe(state);
});

it("names who lags, who is fenced and who is on a lost node apart, and counts each pod once", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[flxd]{0,12}$/), fc.boolean(), (letters, hadTime) => {
      const acks = countAcks(fleet(letters), rule("50%", hadTime));
      const named = [...acks.lagging, ...acks.lost, ...acks.fenced];
      expect(acks.matched + new Set(named).size).toBe(letters.length);
      expect(named.length).toBe(new Set(named).size);
      const isEnough = acks.matched * 2 >= letters.length - acks.lost.length && acks.matched > 0;
      expect(acks.state === "quorum").toBe(named.length > 0 && hadTime && isEnough);
    }),
  );
});

it("asks for all where no quorum is given", () => {
  expect(countAcks(fleet("fffffl"), { follows: rule("1%", true).follows }).state).toBe("waiting");
});
