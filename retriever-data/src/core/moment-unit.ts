// How finely two stores' moments are compared: at the coarser of what the two hold.
import type { SideTotals } from "./run-state.ts";

const [second, day] = [1000, 86_400_000];
/** With fewer moments chance may make all of them whole seconds. */
const leastSample = 10;

type Moments = Pick<SideTotals, "dated" | "coarse" | "odd">;

/**
 * ms. A store holds seconds or days when most of its moments are declared or written so, or nearly none of many has a
 * fraction of a second; it counts only where most moments of the other store are finer. A single finer moment beside
 * whole ones is a difference and no precision.
 */
export function momentUnitMs(source: Moments, destination: Moments): number {
  const isCoarser = (a: Moments, b: Moments, unit: keyof Moments["coarse"]): boolean =>
    isHeldBy(a, unit) && !isHeldBy(b, unit) && b.odd[unit] * 2 > b.dated;
  for (const [unit, ms] of [
    ["days", day],
    ["seconds", second],
  ] as const) {
    if (isCoarser(source, destination, unit) || isCoarser(destination, source, unit)) return ms;
  }
  return 1;
}

function isHeldBy({ dated, coarse, odd }: Moments, unit: keyof Moments["coarse"]): boolean {
  if (coarse[unit] * 2 > dated) return true;
  // Days aren't concluded from values: a bulk load gives every chunk one moment.
  return unit === "seconds" && dated >= leastSample && odd.seconds * 100 <= dated;
}

const greatestDateMs = 8.64e15;

/** Whether a calendar holds it. */
export function isMoment(ms: number): boolean {
  return Math.abs(ms) <= greatestDateMs;
}

/** How a report calls the unit; undefined for milliseconds, which need no mention. */
export function momentPrecision(unitMs: number): "second" | "day" | undefined {
  if (unitMs === second) return "second";
  return unitMs === day ? "day" : undefined;
}

/** The unit that a report calls so; ms. */
export function unitOf(precision: "second" | "day" | undefined): number {
  return precision === undefined ? 1 : precision === "second" ? second : day;
}

/** Whole units of a moment; null and NaN stay what they are. */
export function wholeUnits<T extends number | null>(ms: T, unitMs: number): T | number {
  return ms === null || unitMs === 1 ? ms : Math.floor(ms / unitMs);
}

/** Adds a moment to what is known of a store's. */
export function countMoment({ odd }: Pick<SideTotals, "odd">, ms: number): void {
  if (ms % second === 0) {
    if (ms % day !== 0) odd.days += 1;
  } else {
    odd.seconds += 1;
    odd.days += 1;
  }
}
