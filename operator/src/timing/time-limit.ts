// A limit for something that watches a signal. AbortSignal.timeout would keep its timer, and all it refers to, until it fires.
import type { Clock } from "#ports/clock.ts";

export type TimeLimit = {
  /** Aborts `limitMs` after the beginning or the last `renew()`, with the outer signal, and at the end. */
  readonly signal: AbortSignal;
  readonly renew: () => void;
  /** Lets go of the timer and of the outer signal. */
  readonly end: () => void;
};

export type TimeLimitOptions = { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal };

/** One for all: each abort without a reason would make an exception and its stack. Nobody is left to read it. */
const ended = new Error("the time limit was ended");

/** Begins at once; whoever begins one ends it. */
export function limitTime({ clock, limitMs, signal }: TimeLimitOptions): TimeLimit {
  const controller = new AbortController();
  const abort = () => controller.abort();
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
