import { describe, expect, it } from "vitest";
import { type DailySpan, endOfNextSpan, localTime, openingAt } from "./calendar.ts";

const berlin = "Europe/Berlin";
const workdays = ["Mon", "Tue", "Wed", "Thu", "Fri"] as const;
const everyDay = [...workdays, "Sat", "Sun"] as const;

function at(instant: string): number {
  return Date.parse(instant);
}

function said(span: DailySpan, days: Parameters<typeof openingAt>[1], instant: string): string {
  const opening = openingAt(span, days, at(instant));
  const when = opening.isOpen ? opening.closesAt : opening.opensAt;
  return `${opening.isOpen ? "until" : "from"} ${when === undefined ? "never" : new Date(when).toISOString().slice(0, 16)}`;
}

describe("a window in a time zone", () => {
  const office = { timeZone: berlin, from: "09:00", to: "16:00" };

  it.each([
    ["before it opens in winter", "2026-03-02T07:59:59Z", "from 2026-03-02T08:00"],
    ["the moment it opens", "2026-03-02T08:00:00Z", "until 2026-03-02T15:00"],
    ["the moment it closes", "2026-03-02T15:00:00Z", "from 2026-03-03T08:00"],
    ["on Friday evening over a change to summer time", "2026-03-27T18:00:00Z", "from 2026-03-30T07:00"],
    ["in summer", "2026-07-01T07:30:00Z", "until 2026-07-01T14:00"],
  ])("%s", (_name, instant, expected) => {
    expect(said(office, workdays, instant)).toBe(expected);
  });

  it("over midnight belongs to the day on which it opens", () => {
    const night = { timeZone: "UTC", from: "22:00", to: "04:00" };
    expect(said(night, ["Fri"], "2026-03-07T03:00:00Z")).toBe("until 2026-03-07T04:00");
    expect(said(night, ["Fri"], "2026-03-08T03:00:00Z")).toBe("from 2026-03-13T22:00");
  });

  it("to 24:00 ends with the day", () => {
    expect(said({ timeZone: "UTC", from: "00:00", to: "24:00" }, ["Mon"], "2026-03-02T23:59:00Z")).toBe(
      "until 2026-03-03T00:00",
    );
  });

  it("within the hour that summer time skips comes an hour later, or not at all", () => {
    expect(said({ timeZone: berlin, from: "02:30", to: "03:45" }, everyDay, "2026-03-29T00:00:00Z")).toBe(
      "from 2026-03-29T01:30",
    );
    expect(said({ timeZone: berlin, from: "02:30", to: "03:30" }, everyDay, "2026-03-29T00:30:00Z")).toBe(
      "from 2026-03-30T00:30",
    );
  });

  it("within the hour that comes twice opens the first time", () => {
    expect(said({ timeZone: berlin, from: "02:30", to: "03:30" }, everyDay, "2026-10-25T00:00:00Z")).toBe(
      "from 2026-10-25T00:30",
    );
  });
});

describe("the next whole peak", () => {
  const peak = { timeZone: "Asia/Tokyo", from: "09:00", to: "11:00" };

  it.each([
    ["begins after the start", "2026-03-01T23:00:00Z", "2026-03-02T02:00:00.000Z"],
    ["begins with the start", "2026-03-02T00:00:00Z", "2026-03-02T02:00:00.000Z"],
    ["is tomorrow's when today's has begun", "2026-03-02T00:00:01Z", "2026-03-03T02:00:00.000Z"],
  ])("%s", (_name, since, end) => {
    expect(new Date(endOfNextSpan(peak, at(since))).toISOString()).toBe(end);
  });
});

it("writes an instant as people there do", () => {
  expect(localTime(at("2026-03-02T08:00:00Z"), berlin)).toBe("Mon 2026-03-02 09:00 Europe/Berlin");
});
