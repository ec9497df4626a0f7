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
  ["2026-01-31T", null],
  ["infinity", null],
  ["2026-13-31T12:00:00Z", null],
  [null, null],
])("%s is %s", (text, expected) => {
  expect(exactTime(text)).toBe(expected);
});

test("finer digits don't count as milliseconds", () => {
  expect(Math.floor(readMoment("2026-01-31T12:00:00.1239Z"))).toBe(Date.UTC(2026, 0, 31, 12, 0, 0, 123));
  expect(readTime("1969-12-31T23:59:59.9995Z")).toBe("1969-12-31T23:59:59.999Z");
  expect(readMoment("2026-01-31T12:00:00.123000400Z")).toBe(readMoment("2026-01-31T12:00:00.123Z"));
  expect(readMoment("2026-01-31T12:00:00.9999999Z")).toBe(Date.UTC(2026, 0, 31, 12, 0, 1));
  expect(readMoment("soon")).toBeNaN();
});
