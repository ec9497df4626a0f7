import fc from "fast-check";
import { expect, it } from "vitest";
import { durationSeconds, printDuration } from "./duration.ts";
import { durationSchema } from "./duration-schema.ts";

it.each([
  ["90s", 90],
  ["1h30m", 5400],
  ["250ms", 0.25],
  ["0s", 0],
  ["1m1h", 3660],
])("reads %s as %d seconds", (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});

it.each(["", "5", "s", "-5s", "1.5h", "1d", "100000s", "5 s", "5S"])("refuses %j", (text) => {
  expect(durationSchema.safeParse(text).success).toBe(false);
  expect(() => durationSeconds(text)).toThrow(RangeError);
});

it("prints what it reads back as the same seconds", () => {
  fc.assert(
    fc.property(fc.nat({ max: 99_999 * 3600 }), (seconds) => {
      expect(durationSeconds(printDuration(seconds))).toBe(seconds);
      expect(durationSchema.safeParse(printDuration(seconds)).success).toBe(true);
    }),
  );
});
