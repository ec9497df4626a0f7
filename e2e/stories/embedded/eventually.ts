// Waiting for a condition instead of for time: looks again and again until it holds or its deadline has passed.
// The error says what was waited for and what was seen last.
import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 100;
const defaultDeadlineMs = 60_000;

/**
 * Resolves with the first look that isn't false, null or undefined. A look that throws counts as "not yet".
 * `describe` puts the last look's surroundings into the error.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | false | null | undefined>,
  options: { readonly deadlineMs?: number; readonly everyMs?: number; readonly describe?: () => Promise<string> } = {},
): Promise<T> {
  const { deadlineMs = defaultDeadlineMs, everyMs = lookEveryMs, describe } = options;
  const startedAt = performance.now();
  let fault: unknown;
  for (;;) {
    try {
      const seen = await look();
      fault = undefined;
      if (seen !== false && seen !== null && seen !== undefined) return seen;
    } catch (error) {
      fault = error;
    }
    if (performance.now() - startedAt > deadlineMs) break;
    await delay(everyMs);
  }
  const last = describe === undefined ? "" : `: ${await describe()}`;
  throw new Error(`not within ${deadlineMs} ms: ${what}${last}`, { cause: fault });
}
