import fc from "fast-check";
import { expect, test } from "vitest";
import { readMoment } from "#values/time.ts";
import { canonicalText, digestPayload } from "./payload-digest.ts";

const value = fc.jsonValue({ maxDepth: 2 });

test("values digest alike exactly when they mean the same, wherever they stand", () => {
  fc.assert(
    fc.property(fc.tuple(value, value), fc.tuple(value, value), (a, b) => {
      const isSame = a.map(canonicalText).join("\u0000") === b.map(canonicalText).join("\u0000");
      expect(digestPayload("e", "n", a).join() === digestPayload("e", "n", b).join()).toBe(isSame);
    }),
  );
});

test("members in another order, and members that are null, change nothing", () => {
  const object = fc.dictionary(
    fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
    value,
    { maxKeys: 6 },
  );
  fc.assert(
    fc.property(object, (members) => {
      const turned = Object.fromEntries(Object.entries(members).toReversed());
      expect(canonicalText({ ...turned, "a null": null })).toBe(canonicalText(members));
    }),
  );
});

test.each([
  { name: "a whole number with and without a point", a: JSON.parse("12"), b: JSON.parse("12.0") },
  { name: "a float32 printed short and as a double", a: 0.1, b: 0.10000000149011612 },
  { name: "zeros of both signs", a: 0, b: -0 },
  { name: "null and absent", a: null, b: undefined },
  {
    name: "a moment as Postgres and as JavaScript print it",
    a: "2026-01-31T12:00:00.5+00:00",
    b: "2026-01-31T12:00:00.500Z",
  },
  { name: "a moment in two zones", a: "2026-01-31 12:00:00+05:30", b: "2026-01-31T06:30:00Z" },
  { name: "a moment without a zone and in UTC", a: "2026-01-31T12:00:00", b: "2026-01-31T12:00:00Z" },
  { name: "microseconds and milliseconds", a: "2026-01-31T12:00:00.123456Z", b: "2026-01-31T12:00:00.123Z" },
])("$name are the same", ({ a, b }) => {
  expect(canonicalText(a)).toBe(canonicalText(b));
});

test.each([
  { name: "text and number", a: "12", b: 12 },
  { name: "text and boolean", a: "true", b: true },
  { name: "an empty list and null", a: [], b: null },
  { name: "lists in another order", a: [1, 2], b: [2, 1] },
  { name: "empty text and null", a: "", b: null },
  { name: "neighbouring whole numbers above float32", a: 16_777_217, b: 16_777_216 },
  { name: "a number in a moment's text", a: "2026-01-31T12:00:00 o'clock", b: "2026-01-31T12:00:00Z" },
])("$name aren't the same", ({ a, b }) => {
  expect(canonicalText(a)).not.toBe(canonicalText(b));
});

test("a name is the same as text and as a number, and a field isn't taken for its neighbour", () => {
  expect(digestPayload(7, "n", [])).toEqual(digestPayload("7", "n", []));
  expect(digestPayload("a", "bc", [])).not.toEqual(digestPayload("ab", "c", []));
  expect(digestPayload(null, "n", [])).not.toEqual(digestPayload("0", "n", []));
});

test("a moment is read in every zone it may be written in", () => {
  const noon = Date.UTC(2026, 0, 31, 12);
  for (const text of [
    "2026-01-31T12:00:00Z",
    "2026-01-31 14:00:00+02",
    "2026-01-31T06:30:00-05:30",
    "2026-01-31T17:00:00.000+0500",
  ]) {
    expect(readMoment(text)).toBe(noon);
  }
  expect(readMoment("2026-02-30T99:00:00Z")).toBeNaN();
  expect(readMoment("soon")).toBeNaN();
});
