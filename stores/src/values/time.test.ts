import { expect, test } from "vitest";
import { exactTime, readMoment, readTime } from "./time.ts";

test.each([
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31 12:00:00.5+00", "2026-01-31T12:00:00.500Z"],
  ["2026-01-31T12:00:00.123456+05:30", "2026-01-31T06:30:00.123456Z"],
  ["2026-01-31T12:00:00.123400-0130", "2026-01-31T13:30:00.1234Z"],
  ["2026-01-31T12:00:00", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31", "2026-01-31T00:00:00.000Z"],
  ["2026-01-31T12:00", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-28T12:00:00.123456789Z", "2026-01-28T12:00:00.123456789Z"],
  ["2026-01-28T12:00:00.123400Z", "2026-01-28T12:00:00.1234Z"],
  ["2026-01-28T12:00:00.1230000Z", "2026-01-28T12:00:00.123Z"],
  ["2026-02-30T12:00:00.123Z", null],
  ["2026-01-28T25:00:00.123Z", null],
  ["2026-01-31T", null],
  ["infinity", null],
  ["2026-13-31T12:00:00Z", null],
  [null, null],
])("%s is %s", (text, expected) => {
  expect(exactTime(text)).toBe(expected);
});

test("as Postgres prints a moment in UTC it is read without a parser, and as by it", () => {
  const digits = ["", ".0", ".1", ".01", ".120", ".123", ".100000", ".123400", ".000001"];
  const days = [
    "1000-01-01",
    "1999-12-28",
    "2024-02-28",
    "2024-02-29",
    "2023-02-29",
    "2026-12-31",
    "2999-04-31",
    "0999-01-01",
  ];
  for (const day of days)
    for (const fraction of digits)
      for (const time of ["00:00:00", "23:59:59", "24:00:00", "23:60:00", "23:59:60"]) {
        const text = `${day}T${time}${fraction}`;
        expect([text, exactTime(`${text}+00:00`)]).toEqual([text, exactTime(`${text}+00`)]);
      }
});

test("finer digits don't count as milliseconds", () => {
  expect(Math.floor(readMoment("2026-01-31T12:00:00.1239Z"))).toBe(Date.UTC(2026, 0, 31, 12, 0, 0, 123));
  expect(readTime("1969-12-31T23:59:59.9995Z")).toBe("1969-12-31T23:59:59.999Z");
  expect(readMoment("2026-01-31T12:00:00.123000400Z")).toBe(readMoment("2026-01-31T12:00:00.123Z"));
  expect(readMoment("2026-01-31T12:00:00.9999999Z")).toBe(Date.UTC(2026, 0, 31, 12, 0, 1));
  expect(readMoment("soon")).toBeNaN();
});
