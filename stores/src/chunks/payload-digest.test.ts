import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact } from "#values/exact-json.ts";
import { readMoment } from "#values/time.ts";
import { canonicalText, decimalOf, type ValueRule } from "./canonical-value.ts";
import { digestPayload } from "./payload-digest.ts";

const value = fc.jsonValue({ maxDepth: 2 });

function textsOf(values: readonly unknown[]): string {
  return values.map((each) => canonicalText(each)).join("\u0000");
}

test("values digest alike exactly when they mean the same, wherever they stand", () => {
  fc.assert(
    fc.property(fc.tuple(value, value), fc.tuple(value, value), (a, b) => {
      const isSame = textsOf(a) === textsOf(b);
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
  { name: "a number in a column with and without a point", a: parseExact("12"), b: parseExact("12.00") },
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
  { name: "microseconds and a nanosecond", a: "2026-01-31T12:00:00.123456Z", b: "2026-01-31T12:00:00.123456001Z" },
])("$name are the same", ({ a, b }) => {
  expect(canonicalText(a)).toBe(canonicalText(b));
});

test.each([
  { name: "text and number", a: "12", b: 12 },
  { name: "text and boolean", a: "true", b: true },
  { name: "an empty list and null", a: [], b: null },
  { name: "lists in another order", a: [1, 2], b: [2, 1] },
  { name: "empty text and null", a: "", b: null },
  { name: "microseconds and milliseconds", a: "2026-01-31T12:00:00.123456Z", b: "2026-01-31T12:00:00.123Z" },
  { name: "neighbouring whole numbers above float32", a: 16_777_217, b: 16_777_216 },
  { name: "a number in a moment's text", a: "2026-01-31T12:00:00 o'clock", b: "2026-01-31T12:00:00Z" },
])("$name aren't the same", ({ a, b }) => {
  expect(canonicalText(a)).not.toBe(canonicalText(b));
});

const column: ValueRule = "number";
const payload: ValueRule = "exact";

test("whole numbers are told apart to the last digit, and decimals too", () => {
  const digits = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String);
  const scaled = fc.tuple(digits, fc.integer({ min: 0, max: 30 })).map(([text, scale]) => {
    const size = text.replace("-", "").padStart(scale + 1, "0");
    const point = size.length - scale;
    return `${text.startsWith("-") ? "-" : ""}${size.slice(0, point)}${scale === 0 ? "" : "."}${size.slice(point)}`;
  });
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const [x, y] = [a, b].map((text) => canonicalText(parseExact(text), column));
      expect(x === y).toBe(decimalOf(a) === decimalOf(b));
      expect(canonicalText(parseExact(`${a}${a.includes(".") ? "000" : ""}`), column)).toBe(x);
    }),
  );
  expect(canonicalText(parseExact("1639887574359322625"), column)).not.toBe(
    canonicalText(parseExact("1639887590213791745"), column),
  );
  expect(canonicalText(0.1, column)).not.toBe(canonicalText(0.10000000149011612, column));
});

test.each(["number", "float32", "float64"] as const)(
  "to a column of %s a whole number with a point is the same",
  (kind) => {
    expect(canonicalText(parseExact("100.0"), kind)).toBe(canonicalText(parseExact("100"), kind));
    expect(canonicalText(parseExact("[1e2]"), kind)).toBe(canonicalText(parseExact("[100.00]"), kind));
    expect(canonicalText(parseExact("100.5"), kind)).not.toBe(canonicalText(parseExact("100"), kind));
  },
);

test("in a payload a whole number with a point is another value, as a search for it finds nothing", () => {
  expect(canonicalText(parseExact("2024.0"), payload)).not.toBe(canonicalText(2024, payload));
  expect(canonicalText(parseExact("[2024.0]"), payload)).not.toBe(canonicalText([2024], payload));
  expect(canonicalText(parseExact("2024.5"), payload)).toBe(canonicalText(2024.5, column));
  expect(canonicalText(parseExact('{"a":1.0}'), payload)).toBe(canonicalText({ a: 1 }, column));
  expect(canonicalText(parseExact("1e+300"), payload)).toBe(canonicalText(parseExact("1e300"), column));
});

test("what one store knows less of is compared no finer", () => {
  const single = "float32";
  expect(canonicalText(0.1, single)).toBe(canonicalText(0.10000000149011612, single));
  const double = "float64";
  // Postgres prints every digit of a double beyond 2^53, JavaScript the fewest that tell it from its neighbours.
  expect(canonicalText(parseExact("-4.6697334221942464e+16"), double)).toBe(canonicalText(-46697334221942460, double));
  expect(canonicalText(0.1, double)).not.toBe(canonicalText(0.10000000149011612, double));
  const moment = "microsecond";
  const second = "second";
  expect(canonicalText("2026-01-31T12:00:00.4Z", second)).toBe(canonicalText("2026-01-31 12:00:00+00", second));
  expect(canonicalText("2026-01-31T12:00:00.000001Z", moment)).not.toBe(
    canonicalText("2026-01-31 12:00:00+00", moment),
  );
  expect(canonicalText("2026-01-31T12:00:00.9Z", moment)).not.toBe(canonicalText("2026-01-31 12:00:00+00", moment));
  expect(canonicalText("2026-01-31", moment)).toBe(canonicalText("2026-01-31T00:00:00Z", moment));
  expect(canonicalText("2026-01-31T12:00:00Z", column)).not.toBe(canonicalText("2026-01-31T12:00:00.000Z", column));
  const uuid = "uuid";
  const id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  expect(canonicalText(id.toUpperCase(), uuid)).toBe(canonicalText(id, uuid));
  expect(canonicalText(id.toUpperCase(), column)).not.toBe(canonicalText(id, column));
});

test("a member that is called as raw JSON is no number", () => {
  expect(canonicalText({ rawJSON: "12" }, column)).not.toBe(canonicalText(12, column));
});

test("a namespace is text: a search for it finds no number", () => {
  expect(digestPayload("e", 7, [])).not.toEqual(digestPayload("e", "7", []));
});

test("an entity's name is the same as text and as a number, and a field isn't taken for its neighbour", () => {
  expect(digestPayload(7, "n", [])).toEqual(digestPayload("7", "n", []));
  expect(digestPayload(parseExact("9007199254740993"), "n", [])).toEqual(digestPayload("9007199254740993", "n", []));
  expect(digestPayload(parseExact("2.0"), "n", [])).toEqual(digestPayload("2", "n", []));
  expect(digestPayload(parseExact("0.10"), "n", [])).toEqual(digestPayload("0.1", "n", []));
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
  expect(readMoment("2024-02-29T12:00:00Z")).toBe(Date.UTC(2024, 1, 29, 12));
  expect(readMoment("2026-02-28T23:00:00-05:00")).toBe(Date.UTC(2026, 2, 1, 4));
  for (const text of ["2026-02-30T00:00:00Z", "2026-02-29", "2026-04-31T12:00:00Z", "2026-02-30T99:00:00Z"]) {
    expect(readMoment(text)).toBeNaN();
  }
  expect(readMoment("soon")).toBeNaN();
});
