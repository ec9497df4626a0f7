// What stands behind harm that is held. Harm answers first, for days where one namespace alone is worse: meanwhile nobody
// would hear that nothing can be read, a person's acts included, or that somebody took the overlay.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { harmHolds, isPastCutover, secondsSince } from "../model/status-readings.ts";
import { againSeconds, describeStanding, follow, heldOf, isBlind } from "../people/waits.ts";
import { describeAcks } from "../steps/propagation.ts";
import { clip, stay } from "../steps/transition.ts";
import { conflicts } from "./conflicts.ts";
import { unobserved } from "./unobserved.ts";

type Waiting = NonNullable<MigrationStatus["waiting"]>;

/** The outcome with what else holds the migration, told as if it held it alone. */
export function tellBehindHarm(c: Context, outcome: Outcome): Outcome {
  const { waiting } = outcome.status;
  if (waiting === undefined || !harmHolds.includes(outcome.reason)) return outcome;
  const other = standsBehind(c);
  const before = c.status.waiting?.behind;
  const following = follow(c, { before, isOn: other !== undefined, outcome });
  if (following === undefined) return outcome;
  const { clock, isNew } = following;
  const toldAt = isNew ? undefined : before?.toldAt;
  const behind = { ...clock, ...(toldAt === undefined ? {} : { toldAt }) };
  if (other === undefined) return withBehind(outcome, waiting, behind);
  const { message } = outcome.status;
  const both = { ...outcome, status: { ...outcome.status, message: clip(`${message}; ${other.status.message}`) } };
  return tellOther(c, withBehind(both, waiting, behind), other);
}

/** A base that names another store has a condition of its own, which says so when it turns. */
function standsBehind(c: Context): Outcome | undefined {
  const conflict = conflicts(c);
  const isTold = conflict === undefined || conflict.reason === "SourceChanged";
  return isTold ? (unobserved(c) ?? unseen(c)) : conflict;
}

/** The harm that is held is what was seen last. */
function unseen(c: Context): Outcome | undefined {
  if (c.harm.known || !isPastCutover(c.status)) return undefined;
  return stay(c, "blocked", "Unobserved", `no pod tells what users get: ${describeAcks(c.acks)}`);
}

function withBehind(outcome: Outcome, waiting: Waiting, behind: NonNullable<Waiting["behind"]>): Outcome {
  return { ...outcome, status: { ...outcome.status, waiting: { ...waiting, behind } } };
}

function tellOther(c: Context, outcome: Outcome, other: Outcome): Outcome {
  const { waiting } = outcome.status;
  const { behind } = waiting ?? {};
  if (waiting === undefined || behind === undefined) return outcome;
  const { seconds, severity } = heldOf(c, other.reason);
  const waited = secondsSince(c, behind.since);
  const isCall = other.announcements.some((one) => one.severity === "page");
  const isSaid = behind.toldAt !== undefined && secondsSince(c, behind.toldAt) < againSeconds[severity];
  if (isSaid || (waited < seconds && !isCall)) return outcome;
  const told = withBehind(outcome, waiting, { ...behind, toldAt: c.nowIso });
  const message = `${describeStanding(c, other, waited)}, behind harm that is held: ${other.status.message}`;
  const about = severity === "page" && isBlind(c) ? { about: "Blind" as const } : {};
  const announcement = { type: "Warning" as const, reason: "HoldOverdue", ...about, message, severity };
  return { ...told, announcements: [...told.announcements, announcement] };
}
