// A status that was written by a clock ahead of ours: what it dates ahead begins now, else every wait would last longer by
// as much as the clock was put back.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { longestRetryMs, type OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { instantMs } from "../model/status-readings.ts";

/** Clocks of two operators differ by less. */
const usualMs = 30_000;

/** Whether a clock wrote it that was ahead of ours. */
function isAhead(ms: number, now: number): boolean {
  return ms > now + usualMs;
}

/** How long ago that was; for ever where nobody knows: what is waited for since then is due. */
export function msSince(at: string | undefined, now: number): number {
  const ms = instantMs(at);
  return ms === undefined || isAhead(ms, now) ? Number.POSITIVE_INFINITY : now - ms;
}

/** The same object where nothing lies ahead. When the cutover was and what pods date stays as it was told. */
export function notAhead(status: MigrationStatus, now: number): MigrationStatus {
  const bound = makeBound(now);
  const { bounded, changed } = bound;
  const { acks, waiting, outbox } = status;
  const waited = bounded(acks?.waited, "since", "at");
  const whole = { ...status, conditions: status.conditions.map((one) => bounded(one, "lastTransitionTime") ?? one) };
  const parts = {
    revision: bounded(status.revision, "at"),
    rollback: bounded(status.rollback, "at"),
    stage: bounded(status.stage, "startedAt"),
    validation: bounded(status.validation, "startedAt"),
    guard: bounded(status.guard, "startedAt"),
    harm: bounded(status.harm, "quietSince"),
    acks: acks && { ...acks, ...(waited && { waited }) },
    outbox: outbox?.map((message) => changed(message, dueByNow(message, now))),
    waiting: waitingByNow(waiting, bound),
    ...jobsByNow(status, bound, now),
  };
  const next = bounded(whole, "phaseStartedAt") as MigrationStatus;
  if (!bound.wasAhead()) return status;
  return { ...next, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) };
}

/** Remembers whether anything lay ahead. */
function makeBound(now: number) {
  const nowIso = new Date(now).toISOString();
  let wasAhead = false;
  return {
    wasAhead: () => wasAhead,
    bounded: <Dated extends object>(dated: Dated | undefined, ...fields: (keyof Dated)[]): Dated | undefined => {
      const late = fields.filter((field) => isAhead(Date.parse(String(dated?.[field])), now));
      if (dated === undefined || late.length === 0) return dated;
      wasAhead = true;
      return { ...dated, ...Object.fromEntries(late.map((field) => [field, nowIso])) };
    },
    changed: <One>(before: One, after: One): One => {
      wasAhead ||= before !== after;
      return after;
    },
  };
}

function waitingByNow(waiting: MigrationStatus["waiting"], { bounded }: Bound): MigrationStatus["waiting"] {
  if (waiting === undefined) return undefined;
  const parts = {
    danger: bounded(waiting.danger, "since", "endedAt"),
    blocked: bounded(waiting.blocked, "since", "endedAt"),
    behind: bounded(waiting.behind, "since", "endedAt", "toldAt"),
  };
  const there = Object.entries(parts).filter(([, part]) => part !== undefined);
  return { ...(bounded(waiting, "since", "endedAt", "toldAt") ?? waiting), ...Object.fromEntries(there) };
}

type Bound = Pick<ReturnType<typeof makeBound>, "bounded" | "changed">;

function jobsByNow(status: MigrationStatus, { bounded, changed }: Bound, now: number) {
  const { verification, smokeTests, revision, copy, sync, repair, syncLate } = status;
  const runs = verification?.runs.map((run) => changed(run, askedByNow(run, fencesOf(status), now)));
  return {
    verification: verification && { ...verification, ...(runs && { runs }) },
    smokeTests: smokeTests?.map((test) => changed(test, askedByNow(test, { moved: revision?.at, kept: [] }, now))),
    copy: bounded(copy, "stoppedAt", "absentSince"),
    sync: bounded(sync, "stoppedAt", "absentSince"),
    repair: bounded(repair, "stoppedAt", "absentSince"),
    syncLate: bounded(syncLate, "since", "endedAt", "toldAt"),
  };
}

/** What was told just before must not wait for the other clock's time to be sent, nor longer than any sink is waited for. */
function dueByNow(message: OutboxMessage, now: number): OutboxMessage {
  const nowIso = new Date(now).toISOString();
  const isNew = isAhead(Date.parse(message.at), now);
  const due = <Tried extends { readonly nextAttemptAt: string }>(tried: Tried): Tried =>
    isNew || isAhead(Date.parse(tried.nextAttemptAt) - longestRetryMs, now)
      ? { ...tried, nextAttemptAt: nowIso }
      : tried;
  const told = due(message);
  const tries = message.tries?.map(due);
  const isSame = told === message && (tries?.every((one, index) => one === message.tries?.[index]) ?? true);
  if (isSame) return message;
  return { ...told, ...(isNew ? { at: nowIso } : {}), ...(tries && { tries }) };
}

type Run = { readonly askedAt: string; readonly result?: unknown };

/** What an answer has to be asked for after: what begins now as well, and what keeps its date. */
type Fences = { readonly moved: string | undefined; readonly kept: readonly (string | undefined)[] };

function fencesOf({ phaseStartedAt, cutoverAt, takenBack, copy }: MigrationStatus): Fences {
  return { moved: phaseStartedAt, kept: [cutoverAt, takenBack?.at, copy?.result?.at] };
}

/** A Job that is waited for has no more than its time. What was asked for before a fence stays as it was told. */
function askedByNow<Asked extends Run>(run: Asked, { moved, kept }: Fences, now: number): Asked {
  const asked = Date.parse(run.askedAt);
  const latest = (fences: readonly (string | undefined)[]) =>
    Math.max(now + usualMs, ...fences.flatMap((at) => (at === undefined ? [] : [Date.parse(at)])));
  const at = new Date(latest(kept)).toISOString();
  if (run.result !== undefined || at === run.askedAt || !(asked >= latest([moved, ...kept]))) return run;
  return { ...run, askedAt: at };
}
