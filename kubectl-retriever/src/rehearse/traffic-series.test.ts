import { expect, it } from "vitest";
import { defaultMigration, scenarioNamed } from "#test/rehearse/library.ts";
import { rehearse } from "./rehearse.ts";

it("a rehearsal has the traffic of its series, step by step and over again, and an event's while that lasts", () => {
  const healthy = scenarioNamed("healthy");
  const scenario = {
    ...healthy,
    until: "2h",
    traffic: { ...healthy.traffic, series: { every: "30m", requestsPerSecond: [40, 8, 0.5] } },
    events: [{ at: "1h40m", for: "10m", traffic: { requestsPerSecond: 3 } }],
  };
  const { points } = rehearse(defaultMigration(), scenario, 1);
  const at = (minutes: number) => points.findLast(({ seconds }) => seconds <= minutes * 60)?.requestsPerSecond;
  expect([20, 50, 80, 95, 105, 115].map(at)).toEqual([40, 8, 0.5, 40, 3, 40]);
});
