// Kills the operator at moments drawn from a seed, until told to stop.
import { setTimeout as delay } from "node:timers/promises";
import { patienceMs } from "#support/patience.ts";
import { makeRandom } from "#support/random.ts";
import type { RestartableOperator } from "#support/world/operator-process.ts";

/** On a quiet machine. On a busy one a process takes longer to begin, and one that never comes to work shows nothing. */
const shortestLifeMs = 1500;
const longestLifeMs = 9000;

/** Kills and restarts until the signal; returns how often it did. */
export async function killRepeatedly(
  operator: RestartableOperator,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const random = makeRandom(seed);
  let kills = 0;
  while (!signal.aborted) {
    const life = shortestLifeMs + random() * (longestLifeMs - shortestLifeMs);
    await delay(patienceMs(life), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return kills;
    await operator.killAndRestart();
    kills += 1;
  }
  return kills;
}
