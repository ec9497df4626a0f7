// The present moment, as the evidence takes it.
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { Instant } from "#core/evidence.ts";

/** By how much a wall clock was ahead of its monotonic one when it was first asked. */
const offsets = new WeakMap<Clock, number>();

/**
 * Both clocks. The wall clock is read once and carried on by the monotonic one: a step of an hour, either way, would
 * leave a bin open for an hour, in which nothing is told.
 */
export function instantOf(clock: Clock): Instant {
  const monotonicMs = clock.monotonicMs();
  const offsetMs = offsets.get(clock) ?? clock.wallMs() - monotonicMs;
  offsets.set(clock, offsetMs);
  return { monotonicMs, wallMs: monotonicMs + offsetMs };
}
