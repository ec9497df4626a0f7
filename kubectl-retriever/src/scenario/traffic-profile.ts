// The traffic of a scenario over time, before its events change it. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Scenario } from "./scenario.ts";

export type TrafficProfile = {
  /** Which value holds at an instant in epoch ms; while it is the same, so is the traffic. */
  readonly stepAt: (nowMs: number) => number;
  /** Requests per second of all pods together. */
  readonly rateAt: (step: number) => number;
};

export function trafficProfileOf({ traffic, startsAt }: Scenario): TrafficProfile {
  const { series, byHour, requestsPerSecond } = traffic;
  if (series === undefined) {
    return {
      stepAt: (nowMs) => new Date(nowMs).getUTCHours(),
      rateAt: (hour) => requestsPerSecond * (byHour?.[hour] ?? 1),
    };
  }
  const values = series.requestsPerSecond;
  const fromMs = Date.parse(series.from ?? startsAt);
  const stepMs = durationSeconds(series.every) * 1000;
  return {
    stepAt: (nowMs) => Math.floor((nowMs - fromMs) / stepMs),
    // The series may begin after the scenario does.
    rateAt: (step) => values[((step % values.length) + values.length) % values.length] ?? 0,
  };
}
