// Waiting, and how long to wait after failures. The clock and chance are passed in.
import type { Clock } from "#ports/clock.ts";

/** Resolves after the delay, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal.addEventListener("abort", end, { once: true });
  });
}

export type Backoff = { readonly baseMs: number; readonly capMs: number };

/** Delay before try `failures` + 1, doubled per failure up to the cap, of which the upper half is by chance (0..1). */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, chance: number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full / 2 + (full / 2) * chance;
}
