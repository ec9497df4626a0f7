import fc from "fast-check";
import { expect, test } from "vitest";
import { commonPrecision, countMoment, isLater, isSameMoment } from "./moment-unit.ts";

const start = Date.UTC(2026, 0, 31, 12, 34, 56);
type Units = { milliseconds: number; seconds: number; days: number };

function held(moments: readonly number[], coarse: Partial<Units> = {}) {
  const odd = { milliseconds: 0, seconds: 0, days: 0 };
  for (const moment of moments) countMoment({ odd }, moment);
  return { dated: moments.length, coarse: { milliseconds: 0, seconds: 0, days: 0, ...coarse }, odd };
}

const finest = Array.from({ length: 40 }, (_, index) => start + index * 1001 + 0.123);
const many = Array.from({ length: 1000 }, (_, index) => start + index * 1001 + (index < 300 ? 0.123 : 0));
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
  {
    what: "milliseconds beside 300 of 1,000 with microseconds",
    a: held(many.map(Math.floor), { milliseconds: 1000 }),
    b: held(many),
    unit: "millisecond",
  },
  {
    what: "milliseconds, of which one has microseconds",
    a: held([...fine.slice(1), start + 0.123]),
    b: held(fine, { milliseconds: 40 }),
    unit: "millisecond",
  },
  { what: "three milliseconds beside microseconds", a: held(fine.slice(3, 6)), b: held(finest), unit: "millisecond" },
  { what: "a bulk load of one moment beside others", a: held(days), b: held(whole), unit: "microsecond" },
  { what: "nothing at all", a: held([]), b: held([]), unit: "microsecond" },
])("$what are compared by the $unit, whichever store is which", ({ a, b, unit }) => {
  expect(commonPrecision(a, b)).toBe(unit);
  expect(commonPrecision(b, a)).toBe(unit);
});

test.each([
  { declared: "second", finer: 1, unit: "second" },
  { declared: "decisecond", finer: 1, unit: "decisecond" },
  { declared: "day", finer: 0, unit: "day" },
] as const)(
  "moments are compared by the $unit where one store declares the $declared and a single one is $finer ms finer",
  (row) => {
    const a = { ...held(whole, bySecond), declared: row.declared };
    const b = held([...whole.slice(1), (whole[0] as number) + row.finer]);
    expect(commonPrecision(a, b)).toBe(row.unit);
    expect(commonPrecision(b, a)).toBe(row.unit);
    expect(commonPrecision(a, { ...b, declared: row.declared })).toBe("microsecond");
  },
);

test("a store that declares 100 microseconds is compared by them, and by the microsecond with another one that does", () => {
  const declared = "100 microseconds";
  const cut = held(finest.map((moment) => Math.floor(moment * 10) / 10));
  expect(commonPrecision({ ...cut, declared }, held(finest))).toBe(declared);
  expect(commonPrecision({ ...cut, declared }, { ...held(finest), declared })).toBe("microsecond");
});

test("what cut microseconds equals what it was cut from, so that chunks that a version before found equal stay so", () => {
  const at = fc.tuple(fc.nat(10 ** 6), fc.nat(999)).map(([ms, micros]) => start + ms + micros / 1000);
  fc.assert(
    fc.property(fc.array(at, { maxLength: 30 }), fc.array(fc.nat(10 ** 6), { maxLength: 30 }), (some, others) => {
      const source = [...some, ...others.map((ms) => start + ms)];
      const copy = source.map(Math.floor);
      const precision = commonPrecision(held(source), held(copy));
      for (const [index, moment] of source.entries()) {
        expect(isSameMoment(moment, copy[index] as number, precision)).toBe(true);
      }
    }),
  );
});

test.each(["second", "millisecond"] as const)(
  "a moment that was cut or rounded to the %s is the same, and no later one; one that can't have been is later",
  (unit) => {
    const size = { second: 1000, millisecond: 1 }[unit];
    fc.assert(
      fc.property(fc.nat(10 ** 6), fc.integer({ min: 1, max: 999 }), (units, part) => {
        const at = start + units * size + (part * size) / 1000;
        const [below, above] = [start + units * size, start + (units + 1) * size];
        expect(isSameMoment(at, below, unit)).toBe(true);
        expect(isSameMoment(at, above, unit)).toBe(part >= 500);
        expect(isLater(above, at, unit)).toBe(part < 500);
        expect(isLater(at, above, unit)).toBe(false);
        expect(isLater(above, below, unit)).toBe(true);
      }),
    );
  },
);
