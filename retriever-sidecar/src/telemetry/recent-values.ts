// The most recent values of one measure, for the contract's p50 and p95 gauges. Bounded in number and in age.

export type RecentValues = {
  readonly add: (value: number, atMs: number) => void;
  /** Nearest-rank quantile, `q` in 0..1, of the values not older than the age limit; NaN when there is none. */
  readonly quantile: (q: number, nowMs: number) => number;
};

/** A ring of `capacity` values that are forgotten after `maxAgeMs`. */
export function makeRecentValues(capacity: number, maxAgeMs: number): RecentValues {
  const values = new Float64Array(capacity);
  const times = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    add: (value, atMs) => {
      values[next] = value;
      times[next] = atMs;
      next = (next + 1) % capacity;
    },
    quantile: (q, nowMs) => {
      const recent = values
        .filter((_, index) => (times[index] ?? Number.NEGATIVE_INFINITY) >= nowMs - maxAgeMs)
        .toSorted();
      const rank = Math.max(1, Math.ceil(q * recent.length));
      return recent[rank - 1] ?? Number.NaN;
    },
  };
}
