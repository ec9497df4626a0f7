// The three clocks of the guard: healthy and idle time count, blind time doesn't.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Outcome } from "../outcome.ts";

export type Sight = "healthy" | "idle" | "blind" | "held";

/** Longer than this between two looks and the time between counts as blind, whatever the second look saw. */
export const longestLookGapSeconds = 60;

/** Adds the time since the last tick to the clock of what was seen. "held" adds it nowhere. */
export function tickGuard(status: MigrationStatus, nowIso: string, sight: Sight): MigrationStatus {
  const { guard } = status;
  if (guard === undefined) return status;
  const passed = Math.max(0, (Date.parse(nowIso) - Date.parse(guard.tickedAt)) / 1000);
  const clock = passed > longestLookGapSeconds && sight !== "held" ? "blind" : sight;
  const ticked = { ...guard, tickedAt: nowIso };
  if (clock === "healthy") ticked.healthySeconds += passed;
  if (clock === "idle") ticked.idleSeconds += passed;
  if (clock === "blind") ticked.blindSeconds += passed;
  return { ...status, guard: ticked };
}

/** The time since the last tick counts nowhere. */
export function holdGuardClock(outcome: Outcome, nowIso: string): Outcome {
  return { ...outcome, status: tickGuard(outcome.status, nowIso, "held") };
}

/** A finding of level Hold begins the guard anew. */
export function resetGuard(outcome: Outcome, nowIso: string): Outcome {
  const { guard } = outcome.status;
  if (guard === undefined) return outcome;
  return {
    ...outcome,
    status: { ...outcome.status, guard: { ...guard, tickedAt: nowIso, healthySeconds: 0, idleSeconds: 0 } },
  };
}
