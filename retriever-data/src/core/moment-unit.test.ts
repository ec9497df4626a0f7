import { expect, test } from "vitest";
import { commonPrecision, countMoment } from "./moment-unit.ts";

const start = Date.UTC(2026, 0, 31, 12, 34, 56);
type Units = { milliseconds: number; seconds: number; days: number };

function held(moments: readonly number[], coarse: Partial<Units> = {}) {
  const odd = { milliseconds: 0, seconds: 0, days: 0 };
  for (const moment of moments) countMoment({ odd }, moment);
  return { dated: moments.length, coarse: { milliseconds: 0, seconds: 0, days: 0, ...coarse }, odd };
}

const finest = Array.from({ length: 40 }, (_, index) => start + index * 1001 + 0.123);
const fine = finest.map(Math.floor);
const whole = fine.map((moment) => Math.floor(moment / 1000) * 1000);
const days = fine.map(() => Date.UTC(2026, 0, 31));
const bySecond = { milliseconds: 40, seconds: 40 };

test.each([
  { what: "whole seconds in text beside milliseconds", a: held(whole, bySecond), b: held(fine), unit: "second" },
  { what: "whole seconds in a fine column beside milliseconds", a: held(whole), b: held(fine), unit: "second" },
  { what: "seconds with one repaired chunk", a: held([...whole, start + 1], bySecond), b: held(fine), unit: "second" },
  { what: "dates beside milliseconds", a: held(days, { ...bySecond, days: 40 }), b: held(fine), unit: "day" },
  {
    what: "milliseconds in text beside microseconds",
    a: held(fine, { milliseconds: 40 }),
    b: held(finest),
    unit: "millisecond",
  },
  { what: "milliseconds in a fine column beside microseconds", a: held(fine), b: held(finest), unit: "millisecond" },
  { what: "whole seconds beside microseconds", a: held(whole, bySecond), b: held(finest), unit: "second" },
  { what: "microseconds in both", a: held(finest), b: held(finest), unit: "microsecond" },
  { what: "milliseconds in both", a: held(fine), b: held(fine, { milliseconds: 40 }), unit: "microsecond" },
  { what: "whole seconds in both", a: held(whole, bySecond), b: held(whole), unit: "microsecond" },
  {
    what: "whole seconds, of which one is a millisecond off",
    a: held(whole, bySecond),
    b: held([...whole.slice(1), start + 1]),
    unit: "microsecond",
  },
  { what: "a bulk load of one moment beside others", a: held(days), b: held(whole), unit: "microsecond" },
  { what: "nothing at all", a: held([]), b: held([]), unit: "microsecond" },
])("$what are compared by the $unit, whichever store is which", ({ a, b, unit }) => {
  expect(commonPrecision(a, b)).toBe(unit);
  expect(commonPrecision(b, a)).toBe(unit);
});
