// Waiting for a condition instead of for time: asks again until it holds, its deadline has passed or it can't hold any more.
// The error says what was waited for and what was found last.
import { setTimeout as delay } from "node:timers/promises";
import { patienceMs } from "./patience.ts";

const usualIntervalMs = 100;
/** Of a quiet machine. */
const usualDeadlineMs = 60_000;

type Waiting = {
  readonly deadlineMs?: number;
  readonly everyMs?: number;
  /** Puts the state of what was asked into the error. */
  readonly describe?: () => Promise<string> | string;
  /** Asked after each "not yet": whether nothing will come any more, because a process has ended. */
  readonly isOver?: () => boolean;
};

/** Resolves with the first answer that isn't false, null or undefined. A question that throws counts as "not yet". */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined>,
  options: Waiting = {},
): Promise<T> {
  const {
    deadlineMs = usualDeadlineMs,
    everyMs = usualIntervalMs,
    describe = () => "",
    isOver = () => false,
  } = options;
  const startedAt = performance.now();
  let fault: unknown;
  for (;;) {
    try {
      const answer = (await ask()) ?? false;
      fault = undefined;
      if (answer !== false) return answer;
    } catch (error) {
      fault = error;
    }
    if (isOver() || performance.now() - startedAt > patienceMs(deadlineMs)) break;
    await delay(everyMs);
  }
  const waitedMs = Math.round(performance.now() - startedAt);
  throw new Error([`not within ${waitedMs} ms`, what, await describe()].filter(Boolean).join(": "), { cause: fault });
}
