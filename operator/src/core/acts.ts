// What people asked for. Every act takes effect once, and only where it means something.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/phase-steps.ts";
import type { ActObservation, Announcement, Observation } from "./model.ts";

export type ActsApplied = { readonly status: MigrationStatus; readonly announcements: readonly Announcement[] };

type Acts = NonNullable<MigrationStatus["acts"]>;

/** Only the newest acts are considered; `seen` holds as many, so none is ever taken twice. */
const considered = 50;

/** Applies the acts not seen yet, oldest first. A failed read applies nothing. */
export function applyActs(status: MigrationStatus, observation: Observation, now: number): ActsApplied {
  if (!observation.acts.ok) return { status, announcements: [] };
  const candidates = observation.acts.value.slice(-considered);
  const seen = status.acts?.seen ?? [];
  // Once `seen` is full it forgets; an act before one that was seen has had its turn.
  const turn = seen.length < considered ? -1 : candidates.findLastIndex((act) => seen.includes(act.uid));
  const fresh = candidates.filter((act, index) => index > turn && !seen.includes(act.uid));
  if (fresh.length === 0) return { status, announcements: [] };
  let acts: Acts = status.acts ?? { paused: false, seen: [] };
  let next = status;
  const announcements: Announcement[] = [];
  for (const act of fresh) {
    const refusal = refuse(act, status, now);
    if (refusal === undefined) {
      acts = take(act, acts, now);
      if (act.act === "Resume") next = unhold(next);
    }
    announcements.push(announce(act, refusal));
    acts = { ...acts, seen: [...acts.seen, act.uid].slice(-considered) };
  }
  return { status: { ...next, acts }, announcements };
}

/** Why an act has no effect; undefined when it has. */
function refuse(act: ActObservation, status: MigrationStatus, now: number): string | undefined {
  if (act.expiresAt !== null && act.expiresAt <= now) return "it had expired";
  if (act.planHash !== null && act.planHash !== status.planHash) {
    return `it was given for plan ${act.planHash}, the accepted plan is ${status.planHash || "none yet"}`;
  }
  if (isFinalPhase(status.phase)) {
    return `a migration in phase ${status.phase} never runs again`;
  }
  if (act.act === "Promote" && status.phase !== "AwaitingCutover") {
    return `the phase is ${status.phase}; Promote is taken in AwaitingCutover, when the evidence is there`;
  }
  if (act.act === "Approve" || act.act === "Waive") return `${act.act} is not implemented yet`;
  return undefined;
}

function take(act: ActObservation, acts: Acts, now: number): Acts {
  switch (act.act) {
    case "Pause":
      return { ...acts, paused: true };
    case "Resume":
      return { ...acts, paused: false };
    case "Promote":
      return { ...acts, promotedBy: act.actor };
    case "Abort":
    case "Rollback":
      return {
        ...acts,
        latched: acts.latched ?? {
          act: act.act,
          actor: act.actor,
          reason: act.reason,
          at: new Date(now).toISOString(),
        },
      };
    case "Approve":
    case "Waive":
      return acts;
  }
}

/** A Resume also ends a hold after stepping down to nothing. */
function unhold(status: MigrationStatus): MigrationStatus {
  if (status.harm?.heldSince === undefined) return status;
  return { ...status, harm: { causes: [], stepDowns: 0 } };
}

function announce(act: ActObservation, refusal: string | undefined): Announcement {
  const who = `${act.act} by ${act.actor}`;
  return refusal === undefined
    ? { type: "Normal", reason: "ActTaken", message: act.reason === "" ? who : `${who}: ${act.reason}`, page: false }
    : { type: "Warning", reason: "ActRefused", message: `${who} has no effect: ${refusal}`, page: false };
}
