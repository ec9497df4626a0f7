// How finely two stores' moments are compared: at the coarser of what the two hold.
import { coarserOf, nearestUnits, wholeUnits } from "@retriever/stores/chunks/moment-unit.ts";
import type { MomentPrecision } from "@retriever/stores/ports/chunk-store.ts";
import type { SideTotals } from "./run-state.ts";

/** With fewer moments chance may make all of them whole seconds. */
const leastSample = 10;

type Moments = Pick<SideTotals, "dated" | "coarse" | "odd"> & {
  /** What the store declares. */
  readonly declared?: MomentPrecision | undefined;
};
const plural = { day: "days", second: "seconds", millisecond: "milliseconds" } as const;
/** What is concluded from values; a store declares others as well. */
const coarsePrecisions = ["day", "second", "millisecond"] as const;
type Coarse = (typeof coarsePrecisions)[number];

/**
 * A store holds days, seconds or milliseconds when most of its moments are declared or written so, or nearly none of many
 * is finer; days and seconds count only where most moments of the other store are finer. A single finer moment beside
 * whole seconds is a difference and no precision. Milliseconds count where the other store has more finer moments at all:
 * a chunk whose microseconds were cut by a copy, however few of them there are, isn't stale. What a store declares it
 * can't hold is no difference either, in however few chunks.
 */
export function commonPrecision(source: Moments, destination: Moments): MomentPrecision {
  const isCoarser = (a: Moments, b: Moments, unit: Coarse): boolean => {
    if (!isHeldBy(a, unit)) return false;
    if (unit === "millisecond") return b.odd.milliseconds > a.odd.milliseconds;
    return !isHeldBy(b, unit) && b.odd[plural[unit]] * 2 > b.dated;
  };
  const coarser = (unit: Coarse) => isCoarser(source, destination, unit) || isCoarser(destination, source, unit);
  return coarserOf(coarsePrecisions.find(coarser) ?? "microsecond", declaredPrecision(source, destination));
}

/** Of two stores that declare different ones the coarser, where the other has moments that may be finer. */
function declaredPrecision(source: Moments, destination: Moments): MomentPrecision {
  const [a, b] = [source, destination].map(({ declared = "microsecond" }) => declared) as [
    MomentPrecision,
    MomentPrecision,
  ];
  const coarse = coarserOf(a, b);
  const { odd } = coarse === a ? destination : source;
  return a !== b && odd[coarse === "day" ? "days" : isFine(coarse) ? "milliseconds" : "seconds"] > 0
    ? coarse
    : "microsecond";
}

function isFine(precision: MomentPrecision): boolean {
  return coarserOf(precision, "millisecond") === "millisecond";
}

function isHeldBy({ dated, coarse, odd }: Moments, unit: Coarse): boolean {
  if (coarse[plural[unit]] * 2 > dated) return true;
  // Days aren't concluded from values: a bulk load gives every chunk one moment.
  const isSample = dated >= (unit === "millisecond" ? 1 : leastSample);
  return unit !== "day" && isSample && odd[plural[unit]] * 100 <= dated;
}

const greatestDateMs = 8.64e15;

/** Whether a calendar holds it. */
export function isMoment(ms: number): boolean {
  return Math.abs(ms) <= greatestDateMs;
}

/** Whole units of a moment; null stays what it is. */
export function unitsOf(ms: number | null, precision: MomentPrecision): number | null {
  return ms === null ? null : wholeUnits(ms, precision);
}

/** Whether two moments are one for a store that holds no more of it: what is finer was cut, or rounded as Postgres does. */
export function isSameMoment(a: number | null, b: number | null, precision: MomentPrecision): boolean {
  if (a === null || b === null) return a === b;
  return (
    wholeUnits(a, precision) === wholeUnits(b, precision) || nearestUnits(a, precision) === nearestUnits(b, precision)
  );
}

/** Whether a moment is later than another or than none, or may be for all that can be read. */
export function isLater(ms: number, than: number | null, precision: MomentPrecision): boolean {
  if (than === null) return true;
  if (isSameMoment(ms, than, precision)) return false;
  return !(wholeUnits(ms, precision) <= wholeUnits(than, precision));
}

/** Adds a moment to what is known of a store's. */
export function countMoment({ odd }: Pick<SideTotals, "odd">, ms: number): void {
  if (ms % 86_400_000 === 0) return;
  odd.days += 1;
  if (ms % 1000 === 0) return;
  odd.seconds += 1;
  if (ms % 1 !== 0) odd.milliseconds += 1;
}
