// Waiting and giving up, on a clock that is passed in.
import { OperatorError } from "#errors.ts";
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

export type Deadline = {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly about: string;
};

/**
 * Runs a call with a signal that aborts at the deadline or with the outer signal.
 * Rejects with ROP_DEADLINE_EXCEEDED or ROP_STOPPED even when the call ignores its signal.
 */
export async function within<T>(deadline: Deadline, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, deadlineMs, signal, about } = deadline;
  const controller = new AbortController();
  let stop: () => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const fail = (error: OperatorError) => {
      controller.abort(error);
      reject(error);
    };
    const onAbort = () => fail(new OperatorError("ROP_STOPPED", about));
    const cancel = clock.after(deadlineMs, () =>
      fail(new OperatorError("ROP_DEADLINE_EXCEEDED", `${about} after ${deadlineMs} ms`)),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    stop = () => {
      cancel();
      signal.removeEventListener("abort", onAbort);
    };
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([givenUp, call(controller.signal)]);
  } finally {
    stop();
  }
}
