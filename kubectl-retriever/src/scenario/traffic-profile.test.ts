import { expect, it } from "vitest";
import type { Scenario } from "./scenario.ts";
import { parseScenario } from "./scenario-parse.ts";
import { trafficProfileOf } from "./traffic-profile.ts";

const sound = { kind: "RehearsalScenario", shows: "x", startsAt: "2026-03-02T08:00:00Z" };

function rateAt(traffic: unknown, instant: string): number {
  const parsed = parseScenario({ ...sound, traffic });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const { stepAt, rateAt: valueAt } = trafficProfileOf(parsed.scenario satisfies Scenario);
  return valueAt(stepAt(Date.parse(instant)));
}

it("a scenario without more has the same traffic at all times, by the hour its factors", () => {
  expect(rateAt({ requestsPerSecond: 7 }, "2026-03-02T12:00:00Z")).toBe(7);
  const byHour = Array.from({ length: 24 }, (_, hour) => hour);
  expect(rateAt({ requestsPerSecond: 2, byHour }, "2026-03-03T05:59:59Z")).toBe(10);
});

it.each([
  ["2026-03-02T08:00:00Z", 1],
  ["2026-03-02T08:29:59Z", 1],
  ["2026-03-02T08:30:00Z", 2],
  ["2026-03-02T09:00:00Z", 3],
  ["2026-03-02T09:30:00Z", 1],
])("a series begins with the scenario and repeats: at %s it is %i", (instant, rate) => {
  expect(rateAt({ series: { every: "30m", requestsPerSecond: [1, 2, 3] } }, instant)).toBe(rate);
});

it("a series that begins after the scenario, or long before it, is repeated to there", () => {
  const series = (from: string) => ({ series: { from, requestsPerSecond: [1, 2, 3] } });
  expect(rateAt(series("2026-03-02T10:00:00Z"), "2026-03-02T09:00:00Z")).toBe(3);
  expect(rateAt(series("2025-03-02T08:00:00Z"), "2026-03-02T08:00:00Z")).toBe(1);
});

it("a series beside factors by the hour, with a step of nothing or without a value is refused", () => {
  const traffic = { byHour: Array.from({ length: 24 }, () => 1), series: { every: "0s", requestsPerSecond: [] } };
  const parsed = parseScenario({ ...sound, traffic });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'scenario.traffic.series.every: received string "0s", expected a time of at least 1s',
    expect.stringMatching(/^scenario\.traffic\.series\.requestsPerSecond: received array \[\], expected/),
    expect.stringMatching(/^scenario\.traffic: received object .*, expected byHour or series, not both$/),
  ]);
});
