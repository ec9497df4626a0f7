// Waits for a condition instead of for time.
import { setTimeout as pause } from "node:timers/promises";

const stepMs = 25;

/** The first value of `look` that isn't undefined or false. Rejects after `deadlineMs` with the last error seen. */
export async function waitUntil<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 10_000,
): Promise<T> {
  const endAt = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endAt) throw new Error(`not so after ${deadlineMs} ms: ${String(look)}`);
    await pause(stepMs);
  }
}
