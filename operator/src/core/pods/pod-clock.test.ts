import fc from "fast-check";
import { expect, it } from "vitest";
import { aPod } from "#test/builders/world.ts";
import { shiftOfPods } from "./pod-clock.ts";

const now = 1_900_000_000;
/** By their clocks; null: one that tells nothing. */
const pods = (...ahead: readonly (number | null)[]) =>
  ahead.map((seconds, index) => {
    const openAt = seconds === null ? 0 : now + seconds;
    const told = aPod(`pod-${index}`).saying(({ evidence }) => ({
      evidence: { ...evidence, closedAt: openAt, openAt },
    }));
    return told.build();
  });

it.each<[string, readonly (number | null)[], number]>([
  ["nobody tells", [null], 0],
  ["most agree with ours", [-20, 3600, 0], 0],
  ["most are ahead", [3600, 3600, -86_400], -3600],
  ["one of two is ahead, and one isn't", [3600, 0], 0],
  ["one is further away than a day", [900_000], -86_400],
])("where %s, the clocks of pods %j are brought to ours by %s s", (_, ahead, shift) => {
  expect(shiftOfPods(pods(...ahead), now)).toBe(shift);
});

it("a minority never moves it, whatever it tells", () => {
  const odd = fc.integer({ min: -now, max: 8_000_000_000 });
  fc.assert(
    fc.property(odd, odd, (a, b) => {
      expect(shiftOfPods(pods(0, 0, 0, a, b), now)).toBe(0);
    }),
  );
});
