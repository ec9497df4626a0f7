// Ranges of 64-bit integers for a store that compares bounds as doubles: integers near a bound that a double can't tell
// from it are listed one by one.
import type { Bounds } from "#ports/filter.ts";

type DoubleRange = { readonly gte?: number; readonly lte?: number };
type Split = {
  /** Null: no integer of the range is told apart by doubles. */
  readonly range: DoubleRange | null;
  /** At most some three thousand. */
  readonly listed: readonly bigint[];
};

const safe = BigInt(Number.MAX_SAFE_INTEGER);
const [smallest, largest] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Together, the range by doubles and the list hold the integers of the bounds and no others within 64 bits. */
export function splitIntegers(bounds: Bounds): Split {
  const { low, high } = closed(bounds);
  const [lowest, highest] = [low ?? smallest, high ?? largest];
  const [from, to] = [clearAbove(low), clearBelow(high)];
  if (lowest > highest || (from ?? smallest) > (to ?? largest)) {
    return { range: null, listed: integersOf(lowest, highest) };
  }
  return {
    range: { ...(from !== undefined && { gte: Number(from) }), ...(to !== undefined && { lte: Number(to) }) },
    listed: [...integersOf(lowest, (from ?? lowest) - 1n), ...integersOf((to ?? highest) + 1n, highest)],
  };
}

/** The lowest and the highest integer; undefined: there is no such bound. */
function closed({ gt, gte, lt, lte }: Bounds): { readonly low: bigint | undefined; readonly high: bigint | undefined } {
  return {
    low: gt === undefined ? (gte as bigint | undefined) : (gt as bigint) + 1n,
    high: lt === undefined ? (lte as bigint | undefined) : (lt as bigint) - 1n,
  };
}

/** The lowest double from `low` on to which no integer below `low` is rounded. */
function clearAbove(low: bigint | undefined): bigint | undefined {
  if (low === undefined || (low >= -safe && low <= safe)) return low;
  return BigInt(neighbour(Number(low), 1n));
}

function clearBelow(high: bigint | undefined): bigint | undefined {
  if (high === undefined || (high >= -safe && high <= safe)) return high;
  return BigInt(neighbour(Number(high), -1n));
}

/** The next double, up or down; both are beyond 2^53 and finite. */
function neighbour(value: number, step: 1n | -1n): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value < 0 ? -step : step));
  return bits.getFloat64(0);
}

function integersOf(from: bigint, to: bigint): bigint[] {
  const end = to > largest ? largest : to;
  const start = from < smallest ? smallest : from;
  return end < start ? [] : Array.from({ length: Number(end - start) + 1 }, (_, index) => start + BigInt(index));
}
