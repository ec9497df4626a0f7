import fc from "fast-check";
import { expect, test } from "vitest";
import { countMoment, momentUnitMs, wholeUnits } from "./moment-unit.ts";

const start = Date.UTC(2026, 0, 31, 12, 34, 56);

function held(moments: readonly number[], coarse: { seconds?: number; days?: number } = {}) {
  const odd = { seconds: 0, days: 0 };
  for (const moment of moments) countMoment({ odd }, moment);
  return { dated: moments.length, coarse: { seconds: 0, days: 0, ...coarse }, odd };
}

const fine = Array.from({ length: 40 }, (_, index) => start + index * 1001);
const whole = fine.map((moment) => Math.floor(moment / 1000) * 1000);
const days = fine.map(() => Date.UTC(2026, 0, 31));

test.each([
  { what: "whole seconds in text beside milliseconds", a: held(whole, { seconds: 40 }), b: held(fine), unit: 1000 },
  { what: "whole seconds in a fine column beside milliseconds", a: held(whole), b: held(fine), unit: 1000 },
  {
    what: "seconds with one repaired chunk",
    a: held([...whole, start + 1], { seconds: 40 }),
    b: held(fine),
    unit: 1000,
  },
  { what: "dates beside milliseconds", a: held(days, { seconds: 40, days: 40 }), b: held(fine), unit: 86_400_000 },
  { what: "milliseconds in both", a: held(fine), b: held(fine), unit: 1 },
  { what: "whole seconds in both", a: held(whole, { seconds: 40 }), b: held(whole), unit: 1 },
  {
    what: "whole seconds, of which one is a millisecond off",
    a: held(whole, { seconds: 40 }),
    b: held([...whole.slice(1), start + 1]),
    unit: 1,
  },
  { what: "a bulk load of one moment beside others", a: held(days), b: held(whole), unit: 1 },
  { what: "nothing at all", a: held([]), b: held([]), unit: 1 },
])("$what are compared by $unit ms, whichever store is which", ({ a, b, unit }) => {
  expect(momentUnitMs(a, b)).toBe(unit);
  expect(momentUnitMs(b, a)).toBe(unit);
});

test("a moment and what is cut off it are the same by that unit, and no moment stays none", () => {
  fc.assert(
    fc.property(fc.integer({ min: -4e12, max: 4e12 }), fc.constantFrom(1, 1000, 86_400_000), (moment, unit) => {
      const cut = Math.floor(moment / unit) * unit;
      expect(wholeUnits(moment, unit)).toBe(wholeUnits(cut, unit));
      expect(wholeUnits(cut - 1, unit)).not.toBe(wholeUnits(cut, unit));
    }),
  );
  expect(wholeUnits(null, 1000)).toBeNull();
  expect(wholeUnits(Number.NaN, 1000)).toBeNaN();
});
