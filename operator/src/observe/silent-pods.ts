// Which pods have not answered of late: in a large fleet they are asked last and more and more seldom, so that a third
// that doesn't answer takes no time from the others.
import type { Clock } from "#ports/clock.ts";

const firstPauseMs = 5000;
const longestPauseMs = 20_000;
const mostPods = 20_000;

type Silence = { readonly failures: number; readonly until: number };

export class SilentPods {
  readonly #clock: Clock;
  readonly #silent = new Map<string, Silence>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How the pod answered this time. */
  note(uid: string, hasAnswered: boolean): void {
    if (hasAnswered) {
      this.#silent.delete(uid);
      return;
    }
    if (this.#silent.size >= mostPods) this.#silent.clear();
    const failures = (this.#silent.get(uid)?.failures ?? 0) + 1;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
    this.#silent.set(uid, { failures, until: this.#clock.elapsed() + pauseMs });
  }

  /** How often in a row it hasn't answered. */
  failures(uid: string): number {
    return this.#silent.get(uid)?.failures ?? 0;
  }

  /** Whether it was asked in vain a moment ago. */
  isResting(uid: string): boolean {
    return (this.#silent.get(uid)?.until ?? 0) > this.#clock.elapsed();
  }
}
