// A guard that a person ends: what it could not watch is let pass, by name and with a reason.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Context, Harm } from "../model/context.ts";
import type { Announcement } from "../model/decision.ts";
import type { ActObservation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { mostLateMs, refuseLate } from "./turns.ts";

/** Why the act has no effect. Too little traffic is a reason to end a guard; what was found worse is none. */
export function refuseCompletion(act: ActObservation, status: MigrationStatus, now: number): string | undefined {
  if (status.phase !== "Guard") return `the phase is ${status.phase}; CompleteGuard is taken in Guard`;
  if (status.revision?.shadow === "none") return "the guard is over already";
  if (act.reason === "") return "it needs a reason";
  if (status.acts?.paused === true) return "the migration is paused; create a Resume act first";
  const metrics = status.conditions.find(({ type }) => type === "MetricsHealthy");
  return metrics?.status === "False" ? `the destination is worse: ${metrics.message}` : refuseLate(act, status, now);
}

type Voided = { readonly status: MigrationStatus; readonly announcements: readonly Announcement[] };

/** What was taken and didn't end the guard is void: it must not end by itself hours later, when nobody looks. */
export function voidCompletion(status: MigrationStatus, { weighing: [harm] }: Harm, now: number): Voided {
  const { guardCompletedBy: by, ...acts } = status.acts ?? { paused: false, seen: [] };
  if (status.phase !== "Guard" || status.revision?.shadow === "none" || by === undefined)
    return { status, announcements: [] };
  const why = voidedBy(harm, { isPaused: acts.paused, waitedMs: now - (instantMs(by.at) ?? 0) });
  if (why === undefined) return { status, announcements: [] };
  const message = `CompleteGuard by ${by.actor} has no effect any more: ${why}`;
  return {
    status: { ...status, acts },
    announcements: [{ type: "Warning", reason: "ActRefused", message, severity: null }],
  };
}

function voidedBy(
  harm: Harm["weighing"][number] | undefined,
  { isPaused, waitedMs }: { readonly isPaused: boolean; readonly waitedMs: number },
): string | undefined {
  if (harm !== undefined) return `the destination is worse: ${harm.message}`;
  if (isPaused) return "the migration was paused since";
  // Pods that start, or that are busy for a moment, are waited for; what takes longer is another situation than was judged.
  if (waitedMs <= mostLateMs) return undefined;
  return "for 15m the guard could not end, since pods didn't follow or something else held it; give it again";
}

/** Who ended the guard, why, and what it had watched; undefined while nobody has, or while pods don't follow. */
export function describeCompletion({ acks, status }: Context): string | undefined {
  const { acts, guard, evidence } = status;
  if (acts?.guardCompletedBy === undefined || guard === undefined) return undefined;
  if (acks.state !== "all" && acks.state !== "quorum") return undefined;
  const { actor, reason } = acts.guardCompletedBy;
  const [watched, idle, unobserved] = [guard.watchedSeconds, guard.idleSeconds, guard.unobservedSeconds].map(
    printDuration,
  );
  const answered = Math.round(totalsOf(evidence).answered);
  const samples = `${answered} ${plural(answered, "sample")}`;
  return `ended by ${actor} after ${watched} watched, ${idle} idle, ${unobserved} unobserved and ${samples}: ${reason}`;
}
