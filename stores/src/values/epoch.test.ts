import fc from "fast-check";
import { expect, test } from "vitest";
import { epochFormOf, epochFormOfAll, epochNumber, epochUnitOf, exactTimeOf } from "./epoch.ts";
import { numberOf } from "./exact-json.ts";
import { readMoment } from "./time.ts";

const sizes = { second: 1000, millisecond: 1, microsecond: 0.001 } as const;
const instants = fc.tuple(fc.integer({ min: Date.UTC(1975), max: Date.UTC(2200) }), fc.nat(999)).map(([ms, micros]) => {
  const text = new Date(ms).toISOString().slice(0, -1);
  return `${text}${String(micros).padStart(3, "0")}Z`;
});

test("a moment written as a number in any unit is read as that moment, cut to whole units where they are whole", () => {
  fc.assert(
    fc.property(
      instants,
      fc.constantFrom("second", "millisecond", "microsecond"),
      fc.boolean(),
      (text, unit, isWhole) => {
        const written = epochNumber(text, { unit, isWhole });
        const back = readMoment(exactTimeOf(written) ?? "");
        const lost = readMoment(text) - back;
        expect(epochUnitOf(numberOf(written))).toBe(unit);
        expect(lost).toBeGreaterThanOrEqual(-0.0005);
        expect(lost).toBeLessThan(isWhole ? sizes[unit] : 0.0005);
      },
    ),
  );
});

test("a moment before 1973 isn't written in milliseconds, which would be read as seconds", () => {
  expect(epochNumber("1971-01-01", { unit: "millisecond", isWhole: true })).toBeNull();
  expect(numberOf(epochNumber("1969-12-31T23:59:59.5Z", { unit: "second", isWhole: true }))).toBe(-1);
  expect(numberOf(epochNumber("1969-12-31T23:59:59.5Z", { unit: "second", isWhole: false }))).toBe(-0.5);
});

test("what is no moment has no exact time", () => {
  expect([true, null, "soon", 1e17, Number.NaN, [1]].map(exactTimeOf)).toEqual([null, null, null, null, null, null]);
});

const second = 1_767_225_600;
test.each([
  ["none", [], null],
  ["texts", ["2026-01-01", "2026-01-02"], null],
  ["absent ones", [null, undefined], null],
  ["zeros", [0, 0], "unclear"],
  ["numbers beside texts", [second, "2026-01-01"], "unclear"],
  ["seconds beside milliseconds", [second, second * 1000], "unclear"],
  ["zeros and absent ones before milliseconds", [0, null, second * 1000], { unit: "millisecond", isWhole: true }],
  ["seconds with fractions", [second, second + 0.5], { unit: "second", isWhole: false }],
])("the unit of %s is told where they show one, and never guessed", (_what, values, expected) => {
  expect(epochFormOfAll(values)).toEqual(expected);
});

test("a number that shows no unit says so by itself, too", () => {
  expect([0, 7, -1, second, "soon"].map(epochFormOf)).toEqual([
    "unclear",
    "unclear",
    "unclear",
    { unit: "second", isWhole: true },
    null,
  ]);
});
