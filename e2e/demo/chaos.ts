// Kills the operator at moments drawn from a seed, until told to stop.
import { setTimeout as delay } from "node:timers/promises";
import type { RestartableOperator } from "#support/world/operator-process.ts";

/** mulberry32 (Tommy Ettinger, public domain): a small generator whose whole state is the seed. Returns 0..1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}

const shortestLifeMs = 1500;
const longestLifeMs = 9000;

/** Kills and restarts until the signal; returns how often it did. */
export async function killRepeatedly(
  operator: RestartableOperator,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const random = randomFrom(seed);
  let kills = 0;
  while (!signal.aborted) {
    const life = shortestLifeMs + random() * (longestLifeMs - shortestLifeMs);
    await delay(life, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return kills;
    await operator.killAndRestart();
    kills += 1;
  }
  return kills;
}
