// A destination that is kept equal and isn't in step leaves users with answers of before: who has to know is told once it has
// lasted, once a day from then on, and not at each turn between lagging and being in step.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { judgeSync } from "../checks/sync.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs, secondsSince } from "../model/status-readings.ts";
import { isSyncing } from "../verification/purpose.ts";

type Clock = NonNullable<MigrationStatus["syncLate"]>;

const lateSeconds = 900;
/** As long as a large store may be read through, or compared. */
const readingSeconds = 3600;
const reading: readonly string[] = ["SyncStarting", "SyncUnverified"];
/** In step for less, it is late still. */
const breakSeconds = 900;
const againSeconds = 86_400;

/** The outcome, and in it since when the destination isn't in step, with what somebody has to hear of that. */
export function tellSyncLate(c: Context, outcome: Outcome): Outcome {
  const fact = lateFact(c, outcome.status);
  const clock = follow(c, outcome.status.syncLate, fact !== undefined);
  if (fact === undefined || clock === undefined || !isToTell(c, { fact, clock, outcome }))
    return withClock(outcome, clock);
  const lasted = printDuration(secondsSince(c, clock.since));
  const told = withClock(outcome, { ...clock, toldAt: c.nowIso });
  const message = `the destination isn't known to be in step for ${lasted} (${fact.reason}): ${fact.message}`;
  const announcement = { type: "Warning", reason: "SyncOverdue", message, severity: "ticket" } as const;
  return { ...told, announcements: [...told.announcements, announcement] };
}

/** Of a sync that was begun by this plan and is wanted still. Before that the phases wait for it, and are told of. */
function lateFact(c: Context, status: MigrationStatus): Fact | undefined {
  const isBegun = status.sync !== undefined && status.sync.planHash === status.planHash;
  if (!isBegun || !isSyncing(status) || c.meta.deleting) return undefined;
  const fact = judgeSync({ ...c, status });
  return fact?.status === "True" ? undefined : fact;
}

function follow(c: Context, before: Clock | undefined, isOn: boolean): Clock | undefined {
  const begun = isOn ? { since: c.nowIso } : undefined;
  if (before === undefined) return begun;
  const { endedAt, ...running } = before;
  if (endedAt !== undefined && secondsSince(c, endedAt) > breakSeconds) return begun;
  if (!isOn) return { ...running, endedAt: endedAt ?? c.nowIso };
  return endedAt === undefined ? before : { ...running, since: putOff(running.since, secondsSince(c, endedAt)) };
}

/** Without the time in which it was in step. */
function putOff(since: string, seconds: number): string {
  const instant = instantMs(since);
  return instant === undefined ? since : new Date(instant + seconds * 1000).toISOString();
}

type Late = { readonly fact: Fact; readonly clock: Clock; readonly outcome: Outcome };

function isToTell(c: Context, { fact, clock: { since, toldAt }, outcome }: Late): boolean {
  // Then the phase stands still for it, which is told of.
  if (outcome.reason === fact.reason) return false;
  if (toldAt !== undefined) return secondsSince(c, toldAt) >= againSeconds;
  return secondsSince(c, since) >= (reading.includes(fact.reason) ? readingSeconds : lateSeconds);
}

function withClock(outcome: Outcome, clock: Clock | undefined): Outcome {
  const { syncLate: _before, ...kept } = outcome.status;
  return { ...outcome, status: clock === undefined ? kept : { ...kept, syncLate: clock } };
}
