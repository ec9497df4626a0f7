// The end of calls that last too long, on a clock that is passed in. AbortSignal.timeout would keep its timer, and all it
// refers to, until it fires.
import { OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";

type TimeLimit = {
  /** Aborts `limitMs` after the beginning or the last `renew()`, with the outer signal, and at the end. */
  readonly signal: AbortSignal;
  readonly renew: () => void;
  /** Lets go of the timer and of the outer signal. */
  readonly end: () => void;
};

type TimeLimitOptions = {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** The signal's reason when the limit is reached or the outer signal aborts. */
  readonly reason?: () => Error;
};

/** One for all: each abort without a reason would make an exception and its stack. Nobody is left to read it. */
const ended = new Error("the time limit was ended");

/** Begins at once; whoever begins one ends it. */
export function limitTime({ clock, limitMs, signal, reason }: TimeLimitOptions): TimeLimit {
  const controller = new AbortController();
  const abort = () => controller.abort(reason?.());
  let cancel = clock.after(limitMs, abort);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: controller.signal,
    renew: () => {
      cancel();
      cancel = clock.after(limitMs, abort);
    },
    end: () => {
      cancel();
      signal.removeEventListener("abort", abort);
      controller.abort(ended);
    },
  };
}

type Deadline = {
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
  const { clock, deadlineMs: limitMs, signal, about } = deadline;
  const reason = () =>
    signal.aborted
      ? new OperatorError("ROP_STOPPED", about)
      : new OperatorError("ROP_DEADLINE_EXCEEDED", `${about} after ${limitMs} ms`);
  const limit = limitTime({ clock, limitMs, signal, reason });
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(limit.signal.reason);
  limit.signal.addEventListener("abort", giveUp, { once: true });
  if (limit.signal.aborted) giveUp();
  try {
    return await Promise.race([givenUp, call(limit.signal)]);
  } finally {
    limit.signal.removeEventListener("abort", giveUp);
    limit.end();
  }
}
