// Deadlines and repetitions of the calls to a store.
import { errorTable, RetrieverError } from "@retriever/stores/errors.ts";
import type { RunDeps } from "./run-deps.ts";

const mostRetries = 2;
const firstPauseMs = 500;
const longestPauseMs = 300_000;

/** Aborts with `signal`, and after `ms` at the latest. */
export function deadline(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

/** Likewise for work that is done so often that timers until their end would pile up. */
export async function inTime<T>(signal: AbortSignal, ms: number, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("deadline")), ms);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the same call may succeed later without anybody changing anything. */
export function isRetryable(error: unknown): error is RetrieverError {
  return error instanceof RetrieverError && errorTable[error.code].retryable;
}

/**
 * Exponential, with jitter, and as long as the store asked for, or up to a quarter longer, so that those whom it refused at
 * once don't come back at once: `random` is uniform in [0, 1).
 */
export function backoffMs({ retryAfterSeconds = 0 }: RetrieverError, retry: number, random: number): number {
  const asked = Math.min(retryAfterSeconds * 1000 * (1 + random / 4), longestPauseMs);
  return Math.max(firstPauseMs * 2 ** retry * (0.5 + random), asked);
}

/** The work, tried up to three times. Rejects with its last failure, and at the signal. */
export async function withRetries<T>(
  work: () => Promise<T>,
  { pause, random }: Pick<RunDeps, "pause" | "random">,
  signal: AbortSignal,
): Promise<T> {
  for (let retry = 1; ; retry += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isRetryable(error) || retry > mostRetries) throw error;
      await pause(backoffMs(error, retry, random()), signal);
    }
  }
}
