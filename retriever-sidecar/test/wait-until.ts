// Waits for a condition instead of for time.
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const stepMs = 25;

/** The deadline only ends what would never end: how long a state takes is decided by how many tasks share a processor. */
function patienceMs(quietMs: number): number {
  return quietMs * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/** The first value of `check` that isn't undefined or false. Rejects after `deadlineMs` of a quiet machine. */
export async function waitUntil<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 15_000,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > patienceMs(deadlineMs)) throw new Error(`not so after ${Math.round(waitedMs)} ms: ${String(check)}`);
    await pause(stepMs);
  }
}
