// Whose turn it is. Bounded whatever lies there, and in an order in which no act stands before an Abort or Rollback.
//
// `seen` holds the acts that were judged and lie there still. An act leaves it when its object is gone, which never comes
// back under its UID: so nothing is judged twice, and nothing unseen is hidden, whatever order acts are listed in.

import { printDuration } from "@retriever/crds/fields/duration.ts";
import { type Act, latchingActs } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { ActObservation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { longestObservationGapSeconds } from "../time/evidence-spans.ts";

/** Acts that may lie there judged; the next ones wait until some are pruned. Below what a status holds, so that an Abort or Rollback always has its turn. */
const mostJudged = 50;
/** Aborts and Rollbacks that are told of in one pass: one latches, the others change nothing. */
const mostLatching = 10;

/** Why an act of any kind has no effect; undefined where its kind decides. `hash`: the plan it may speak of. */
export function refuseAny(
  act: ActObservation,
  { planHash }: MigrationStatus,
  hash: string,
  now: number,
): string | undefined {
  if (act.misfit !== undefined) return act.misfit;
  if (act.expiresAt !== null && act.expiresAt <= now) return "it had expired";
  if (act.planHash === null || act.planHash === hash) return undefined;
  return `it was given for plan ${act.planHash}, the accepted plan is ${planHash || "none yet"}`;
}

/** What moves production, or lets a guard end, is meant for the moment in which it is given. */
export const mostLateMs = 15 * 60_000;

/** Why an act that says "now" has no effect where it is read so late: whoever gave it has seen another situation. */
export function refuseLate({ createdAt }: ActObservation, status: MigrationStatus, now: number): string | undefined {
  if (now - createdAt <= mostLateMs || isAttended(status, now)) return undefined;
  const ago = printDuration((now - createdAt) / 1000);
  return `it was given ${ago} ago, and nobody has read it within ${printDuration(mostLateMs / 1000)}; give it again`;
}

/** By our own clock somebody looked just before and could read acts: one that wasn't there is new, whatever its date says. */
function isAttended({ evidence, guard, conditions }: MigrationStatus, now: number): boolean {
  const isUnread = conditions.some(({ type, reason }) => type === "Ready" && reason === "NotObserved");
  const reads = [evidence?.recordedAt, guard?.tickedAt].map((at) => now - (instantMs(at) ?? 0));
  return !isUnread && reads.some((passed) => Math.abs(passed) <= longestObservationGapSeconds * 1000);
}

/** An Abort or Rollback that takes effect as it stands. */
export function isLatching(act: ActObservation, status: MigrationStatus, now: number): boolean {
  if (!latchingActs.some((one) => one === act.act) || isFinalPhase(status.phase)) return false;
  return refuseAny(act, status, status.planHash, now) === undefined;
}

type Turns = { readonly seen: readonly string[]; readonly fresh: readonly ActObservation[] };

/** The acts to judge now, in this order, and those that were judged before and are there. `isWhole`: every act was read. */
export function turnsOf(
  acts: readonly ActObservation[],
  status: MigrationStatus,
  now: number,
  isWhole: boolean,
): Turns {
  const before = status.acts?.seen ?? [];
  const listed = new Set(acts.map(({ uid }) => uid));
  const seen = isWhole ? before.filter((uid) => listed.has(uid)) : before;
  const known = new Set(seen);
  const unseen = acts.filter(({ uid }) => !known.has(uid));
  const first =
    status.acts?.latched === undefined ? unseen.filter((act) => isLatching(act, status, now)).slice(0, 1) : [];
  const others = unseen.filter((act) => !first.includes(act));
  return { seen, fresh: [...first, ...others.slice(0, Math.max(0, mostJudged - seen.length))] };
}

/** What is kept of any number of acts. */
export type ActPick = {
  readonly add: (act: ActObservation) => void;
  /** In the order of their turns. */
  readonly acts: () => readonly ActObservation[];
};

/**
 * Picks what one pass can judge: what was judged already, Aborts and Rollbacks, and the oldest of the others. What is left
 * out has its turn once these are gone.
 */
export function makeActPick(status: MigrationStatus, now: number): ActPick {
  const known = new Set(status.acts?.seen);
  const [judged, latching, others] = [oldestOf(known.size), oldestOf(mostLatching), oldestOf(mostJudged)];
  const uids = new Set<string>();
  return {
    add: (act) => {
      if (uids.has(act.uid)) return;
      uids.add(act.uid);
      const kept = known.has(act.uid) ? judged : isLatching(act, status, now) ? latching : others;
      const left = kept.add(act);
      if (left !== undefined) uids.delete(left.uid);
    },
    acts: () => [...judged.items, ...latching.items, ...others.items].toSorted(byAge),
  };
}

function oldestOf(most: number) {
  const items: ActObservation[] = [];
  return {
    items,
    /** The one that has no place any more. */
    add: (act: ActObservation): ActObservation | undefined => {
      const at = items.findIndex((other) => byAge(act, other) < 0);
      items.splice(at === -1 ? items.length : at, 0, act);
      return items.length <= most ? undefined : items.pop();
    },
  };
}

/** What others of the same second may need, and who holds. */
const freeing: readonly Act[] = ["Resume", "Waive", "Approve"];
const holding: readonly Act[] = ["Pause", "Deny"];

/**
 * Times are whole seconds: of the acts in one, those that free come first, and whoever holds has the last word, whatever
 * their names are.
 */
function byAge(a: ActObservation, b: ActObservation): number {
  const rank = ({ act }: ActObservation): number => (holding.includes(act) ? 1 : freeing.includes(act) ? -1 : 0);
  return a.createdAt - b.createdAt || rank(a) - rank(b) || (a.name < b.name ? -1 : 1);
}
