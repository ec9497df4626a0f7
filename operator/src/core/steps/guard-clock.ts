// The three clocks of the guard: watched time counts, idle and unobserved time doesn't. Time is credited by both reconciles
// that enclose it, so a status that is written lazily never turns an unseen spell into a healthy one.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Outcome } from "../model/decision.ts";
import { instantMs } from "../model/status-readings.ts";
import { longestObservationGapSeconds } from "../time/evidence-spans.ts";

/** What a reconcile saw. held: seen, but not to be counted. */
export type GuardVisibility = NonNullable<MigrationStatus["guard"]>["visibility"];

/** Adds the time since the last tick to the clock of what was seen at both its ends. "held" adds it nowhere. */
export function tickGuard(status: MigrationStatus, nowIso: string, visibility: GuardVisibility): MigrationStatus {
  const { guard } = status;
  // What counts nowhere needs no tick: a pause of a day is one write.
  if (guard === undefined || (guard.visibility === "held" && visibility === "held")) return status;
  const now = Date.parse(nowIso);
  const passed = Math.max(0, now - (instantMs(guard.tickedAt) ?? now)) / 1000;
  const clock = clockOf(guard.visibility, visibility, passed);
  const ticked = { ...guard, tickedAt: nowIso, visibility };
  if (clock === "watched") ticked.watchedSeconds = sumSeconds(ticked.watchedSeconds, passed);
  if (clock === "idle") ticked.idleSeconds = sumSeconds(ticked.idleSeconds, passed);
  if (clock === "unobserved") ticked.unobservedSeconds = sumSeconds(ticked.unobservedSeconds, passed);
  return { ...status, guard: ticked };
}

/** To the millisecond that times are told in: a sum of thousandths is shown to people. */
function sumSeconds(seconds: number, more: number): number {
  return Math.round((seconds + more) * 1000) / 1000;
}

function clockOf(before: GuardVisibility, now: GuardVisibility, passedSeconds: number): GuardVisibility {
  if (before === "held" || now === "held") return "held";
  return before === "unobserved" || passedSeconds > longestObservationGapSeconds ? "unobserved" : now;
}

/** The time since the last tick counts nowhere. */
export function holdGuardClock(outcome: Outcome, nowIso: string): Outcome {
  return { ...outcome, status: tickGuard(outcome.status, nowIso, "held") };
}

/** A finding of level Hold begins the guard anew. */
export function resetGuard(outcome: Outcome, nowIso: string): Outcome {
  const { guard } = outcome.status;
  if (guard === undefined) return outcome;
  // Reset already: harm that lasts is one write.
  if (guard.visibility === "held" && guard.watchedSeconds === 0 && guard.idleSeconds === 0) return outcome;
  return {
    ...outcome,
    status: {
      ...outcome.status,
      guard: { ...guard, tickedAt: nowIso, visibility: "held", watchedSeconds: 0, idleSeconds: 0 },
    },
  };
}
