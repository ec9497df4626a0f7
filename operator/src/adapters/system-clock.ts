// The real clock: nothing else in the operator asks for the time.
import type { Clock } from "#ports/clock.ts";

/** Wall clock, monotonic clock and timers of this process. */
export function makeSystemClock(): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after: (delayMs, call) => {
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
