// How long to leave a store alone after a page, so that whoever is served by it doesn't feel the reading.

export type Throttle = {
  /** ms to wait after a page of `rows` that took the store `storeMs` and the whole round `roundMs`. */
  readonly pauseAfter: (rows: number, storeMs: number, roundMs: number) => number;
};

/** Of the time, at most this share is spent reading; less while the store is slower than it was at its best. */
const busiest = 0.5;
const idlest = 0.02;
const step = 0.05;
/** A page that takes so much longer than the fastest means that somebody else needs the store. */
const strained = 1.6;
/** The best of a minute of pages or so is what the store can; a best of long ago may have been another load. */
const forgetting = 1.002;
const longestPauseMs = 10_000;

/** `rowsPerSecond` bounds the rate; null: neither bound nor pauses. */
export function makeThrottle(rowsPerSecond: number | null): Throttle {
  let best = Number.POSITIVE_INFINITY;
  let duty = busiest;
  return {
    pauseAfter: (rows, storeMs, roundMs) => {
      if (rowsPerSecond === null || rows === 0) return 0;
      const perRow = storeMs / rows;
      best = Math.min(best * forgetting, perRow);
      duty = perRow > best * strained ? Math.max(idlest, duty / 2) : Math.min(busiest, duty + step);
      const forRest = storeMs * (1 / duty - 1) - (roundMs - storeMs);
      const forRate = (rows / rowsPerSecond) * 1000 - roundMs;
      return Math.min(longestPauseMs, Math.max(0, forRest, forRate));
    },
  };
}
