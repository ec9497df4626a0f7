// Which spans of evidence a plan needs from the sidecars at every reconcile.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";

export type Span = { readonly seconds: number; readonly offsetSeconds: number };

/** Span of the severe-harm rule and of "the source answers now": design values, the same for every plan. */
export const fastWindowSeconds = 15;
/** Shadow errors are judged over two spans of this length, as the service's own alert does. */
const shadowErrorSeconds = 300;

/** The spans in a fixed order: severe-harm rule, alert, the last and the last but one shadow-error window. */
export function spansOf(spec: MigrationSpec): { fast: Span; alert: Span; errorsNow: Span; errorsBefore: Span } {
  const alertSeconds = clamp(Math.round(durationSeconds(spec.rollback.window)));
  const errorSeconds = Math.min(shadowErrorSeconds, alertSeconds);
  return {
    fast: { seconds: fastWindowSeconds, offsetSeconds: 0 },
    alert: { seconds: alertSeconds, offsetSeconds: 0 },
    errorsNow: { seconds: errorSeconds, offsetSeconds: 0 },
    errorsBefore: { seconds: errorSeconds, offsetSeconds: errorSeconds },
  };
}

function clamp(seconds: number): number {
  return Math.min(900, Math.max(1, seconds));
}
