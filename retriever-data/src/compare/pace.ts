// Turns to one store that are taken one after the other, with the rest after each that its load asks for.
import { makeThrottle } from "#core/throttle.ts";
import type { RunDeps } from "./run-deps.ts";

/** Runs `work` on so many rows once the store has rested. */
export type Pace = <T>(rows: number, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** What is done between two turns, with another store for instance, counts as rest. Null: without any. */
export function makePace(rowsPerSecond: number | null, { clock, pause }: Pick<RunDeps, "clock" | "pause">): Pace {
  const throttle = makeThrottle(rowsPerSecond);
  let restsUntilMs = Number.NEGATIVE_INFINITY;
  let mostRows = 0;
  const restAfter = (rows: number, tookMs: number): number => {
    mostRows = Math.max(mostRows, rows);
    // What a turn costs beside its rows would make one of a few look slow.
    const isFew = rowsPerSecond !== null && rows * 2 < mostRows;
    return isFew ? tookMs : throttle.pauseAfter(rows, tookMs, tookMs);
  };
  return async (rows, signal, work) => {
    const restMs = restsUntilMs - clock.monotonicMs();
    if (restMs > 0) await pause(restMs, signal);
    const startedAt = clock.monotonicMs();
    const result = await work();
    const endedAt = clock.monotonicMs();
    restsUntilMs = endedAt + restAfter(rows, endedAt - startedAt);
    return result;
  };
}
