// A clock that stands still until it is told to move.
import type { Clock } from "#ports/clock.ts";

type Timer = { readonly dueAt: number; readonly call: () => void };

/** Wall clock and monotonic clock start apart, so that mixing them up shows. */
export class FakeClock implements Clock {
  #elapsed = 1000;
  #wallOffset: number;
  readonly #timers = new Set<Timer>();

  constructor(now: number = Date.parse("2026-01-01T00:00:00Z")) {
    this.#wallOffset = now - this.#elapsed;
  }

  now(): number {
    return this.#elapsed + this.#wallOffset;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { dueAt: this.#elapsed + Math.max(0, delayMs), call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The wall clock jumps; timers and the monotonic clock don't. */
  jumpWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** The process is paused: time goes on, and timers that come due wait for the next `advance`. */
  standStill(forMs: number): void {
    this.#elapsed += forMs;
  }

  /** Lets the time pass, timer by timer, with every promise settled in between. */
  async advance(byMs: number): Promise<void> {
    const until = this.#elapsed + byMs;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.dueAt <= until).toSorted((a, b) => a.dueAt - b.dueAt)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.dueAt);
      next.call();
      await settle();
    }
    this.#elapsed = until;
  }
}

/** Lets everything that can go on without time or I/O go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
