// Short requests again, where what went wrong may pass by itself.
import { errorTable, RetrieverError } from "@retriever/stores/errors.ts";
import type { RunDeps } from "./run-deps.ts";

const mostRetries = 2;
const firstPauseMs = 500;

/** Whether the same may succeed later without anybody changing anything. */
export function isPassing(error: unknown): error is RetrieverError {
  return error instanceof RetrieverError && errorTable[error.code].retryable;
}

/** Longer with each retry, and never the same for two processes. */
export function pauseBefore(retry: number, chance: number): number {
  return firstPauseMs * 2 ** retry * (0.5 + chance);
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
      if (signal.aborted || !isPassing(error) || retry > mostRetries) throw error;
      await pause(pauseBefore(retry, random()), signal);
    }
  }
}
