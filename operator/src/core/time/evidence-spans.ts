// Which spans of evidence a plan needs from the sidecars at every reconcile.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";

export type Span = { readonly seconds: number; readonly offsetSeconds: number };

/** Span of "now": design values, the same for every plan. */
export const fastWindowSeconds = 15;
/** Longer than this between two reconciles and the time between counts as unobserved, whatever the second reconcile saw. */
export const longestObservationGapSeconds = 120;
/** Span over which loads are compared: long enough that a client's batch of a minute doesn't decide. */
export const loadWindowSeconds = 300;

/**
 * The spans in a fixed order: what happens now, `rollback.window`, what tells how fast a failure would be noticed, and
 * the application's load.
 */
export function spansOf(spec: MigrationSpec): { fast: Span; alert: Span; detection: Span; load: Span } {
  const lasting = (duration: string): Span => ({
    seconds: clamp(Math.round(durationSeconds(duration))),
    offsetSeconds: 0,
  });
  return {
    fast: { seconds: fastWindowSeconds, offsetSeconds: 0 },
    alert: lasting(spec.rollback.window),
    detection: lasting(spec.guard.maxDetectionTime),
    load: { seconds: loadWindowSeconds, offsetSeconds: 0 },
  };
}

function clamp(seconds: number): number {
  return Math.min(900, Math.max(1, seconds));
}
