// How long to pause after a page, so that reading doesn't slow the requests that a store serves.

export type Throttle = {
  /** ms to wait after a page of `rows` that took the store `storeMs` and the whole round `roundMs`. */
  readonly pauseAfter: (rows: number, storeMs: number, roundMs: number) => number;
};

/** At most this share of the time is spent reading; less while the store is slower than its best time. */
const highestDuty = 0.5;
const lowestDuty = 0.02;
const step = 0.05;
/** A page that takes so much longer than the fastest means that the store is under other load. */
const slowFactor = 1.6;
/** The best time is that of about the last minute of pages: an older one may have been of another load. */
const bestDecay = 1.002;
const longestPauseMs = 10_000;

/** `rowsPerSecond` bounds the rate; null: neither bound nor pauses. */
export function makeThrottle(rowsPerSecond: number | null): Throttle {
  let best = Number.POSITIVE_INFINITY;
  let duty = highestDuty;
  return {
    pauseAfter: (rows, storeMs, roundMs) => {
      if (rowsPerSecond === null || rows === 0) return 0;
      const perRow = storeMs / rows;
      best = Math.min(best * bestDecay, perRow);
      duty = perRow > best * slowFactor ? Math.max(lowestDuty, duty / 2) : Math.min(highestDuty, duty + step);
      const forRest = storeMs * (1 / duty - 1) - (roundMs - storeMs);
      const forRate = (rows / rowsPerSecond) * 1000 - roundMs;
      return Math.min(longestPauseMs, Math.max(0, forRest, forRate));
    },
  };
}
