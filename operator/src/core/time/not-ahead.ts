// A status that was written by a clock ahead of ours: what it dates ahead begins now, else every wait would last longer by
// as much as the clock was put back.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";

/** Clocks of two operators differ by less. */
const usualMs = 30_000;

/** The same object where nothing lies ahead. When the cutover was and what pods date stays as it was told. */
export function notAhead(status: MigrationStatus, now: number): MigrationStatus {
  const nowIso = new Date(now).toISOString();
  let isAhead = false;
  const bounded = <Dated extends object>(dated: Dated | undefined, ...fields: (keyof Dated)[]): Dated | undefined => {
    const late = fields.filter((field) => Date.parse(String(dated?.[field])) > now + usualMs);
    if (dated === undefined || late.length === 0) return dated;
    isAhead = true;
    return { ...dated, ...Object.fromEntries(late.map((field) => [field, nowIso])) };
  };
  const { acks, waiting, outbox } = status;
  const waited = bounded(acks?.waited, "since", "at");
  const danger = bounded(waiting?.danger, "since", "endedAt");
  const whole = { ...status, conditions: status.conditions.map((one) => bounded(one, "lastTransitionTime") ?? one) };
  const parts = {
    revision: bounded(status.revision, "at"),
    rollback: bounded(status.rollback, "at"),
    stage: bounded(status.stage, "startedAt"),
    validation: bounded(status.validation, "startedAt"),
    guard: bounded(status.guard, "startedAt"),
    acks: acks && { ...acks, ...(waited && { waited }) },
    outbox: outbox?.map((message) => {
      const told = bounded(message, "at");
      if (told === message) return message;
      // What was told just before must not wait for the other clock's time to be sent.
      const tries = message.tries?.map((one) => ({ ...one, nextAttemptAt: nowIso }));
      return { ...message, at: nowIso, nextAttemptAt: nowIso, ...(tries && { tries }) };
    }),
    waiting: waiting && { ...bounded(waiting, "since", "endedAt", "toldAt"), ...(danger && { danger }) },
  };
  const next = bounded(whole, "phaseStartedAt") as MigrationStatus;
  if (!isAhead) return status;
  return { ...next, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) };
}
