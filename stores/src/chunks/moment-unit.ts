// A moment in whole units of what a store holds it by.
import { type MomentPrecision, momentPrecisions } from "#ports/chunk-store.ts";
import { readMoment } from "#values/time.ts";

const microsecondsPerUnit: Readonly<Record<MomentPrecision, number>> = {
  day: 86_400_000_000,
  second: 1_000_000,
  decisecond: 100_000,
  centisecond: 10_000,
  millisecond: 1000,
  "100 microseconds": 100,
  "10 microseconds": 10,
  microsecond: 1,
};
/** Postgres counts from there, and rounds a half away from it. */
const since2000 = Date.UTC(2000) * 1000;

export function isMomentPrecision(kind: string | null): kind is MomentPrecision {
  return momentPrecisions.includes(kind as MomentPrecision);
}

/** The coarser of two. */
export function coarserOf(a: MomentPrecision, b: MomentPrecision): MomentPrecision {
  return momentPrecisions.find((each) => each === a || each === b) ?? a;
}

/** Whole units of a moment (ms since 1970); what is finer is cut off. NaN stays NaN. */
export function wholeUnits(ms: number, precision: MomentPrecision): number {
  return Math.floor(microsecondsOf(ms) / microsecondsPerUnit[precision]);
}

/** To the nearest: 0.001 ms times a thousand may be a little less than one. */
function microsecondsOf(ms: number): number {
  return Math.round(ms * 1000);
}

/** The same as Postgres rounds into a column of that precision: days are cut all the same. */
export function nearestUnits(ms: number, precision: MomentPrecision): number {
  if (precision === "microsecond" || precision === "day") return wholeUnits(ms, precision);
  const units = (microsecondsOf(ms) - since2000) / microsecondsPerUnit[precision];
  return Math.sign(units) * Math.floor(Math.abs(units) + 0.5);
}

/** Whether two texts are one moment for a column that holds it no finer than so. */
export function isSameWithin(a: string, b: string, precision: MomentPrecision): boolean {
  return nearestUnits(readMoment(a), precision) === nearestUnits(readMoment(b), precision);
}
