// Causes of the variance event, by role and without sign, as the retrieval service's dashboards and alerts expect them.
import type { Overlay } from "#contract/overlay.ts";
import type { Comparison } from "./compare.ts";

export type VarianceCause = "score-delta" | "latency-delta" | "mismatch" | "shadow-error";
export type Thresholds = Readonly<Overlay["thresholds"]>;

/** Causes for which an answered sample is an event; empty for a sample that agrees. */
export function varianceCauses(comparison: Comparison, thresholds: Thresholds): readonly VarianceCause[] {
  const causes: VarianceCause[] = [];
  if (comparison.scoreDelta > thresholds.scoreDelta) causes.push("score-delta");
  if (Math.abs(comparison.latencyDeltaMs) > thresholds.latencyDeltaMs) causes.push("latency-delta");
  if (comparison.mismatch) causes.push("mismatch");
  return causes;
}
