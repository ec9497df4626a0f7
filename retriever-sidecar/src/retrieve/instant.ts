// The present moment, as the evidence takes it.
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { Instant } from "#core/evidence.ts";

/** Reads both clocks. */
export function instantOf(clock: Clock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}
