// How a rehearsal ended, in one sentence, and what it took. Pure.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { clockWord } from "@retriever/operator/page/words.ts";
import type { DecisionEntry, EventEntry, Rehearsal } from "./rehearsal.ts";

/** `RolledBack at T+06:40:28 (HarmAlert), 5m17s after the last event`. */
export function summarise(rehearsal: Rehearsal): string {
  const { status, ending, entries } = rehearsal;
  const last = decisionsOf(rehearsal).findLast(({ moved }) => moved);
  const at = clockWord(last?.seconds ?? 0);
  const reason = last === undefined ? "" : ` (${last.reason})`;
  switch (ending) {
    case "gone":
      return `deleted at ${clockWord(entries.at(-1)?.seconds ?? 0)}, last phase ${status.phase}${reason}`;
    case "waiting":
      return `${status.phase} since ${at}${reason}, waiting for a person: ${status.message}`;
    case "unfinished":
      return `${status.phase} since ${at}${reason}, not finished when the scenario's time was up: ${status.message}`;
    case "ended":
      return `${status.phase} at ${clockWord(endedAt(rehearsal))}${endReason(rehearsal)}${delayWord(rehearsal)}`;
  }
}

/** Transitions and other decisions, without the events. */
export function decisionsOf({ entries }: Rehearsal): readonly DecisionEntry[] {
  return entries.filter((entry) => entry.kind === "decision");
}

/** Why the last phase was entered, or its rate last changed; what is tidied up after the end is no reason. */
export function lastReasonOf(rehearsal: Rehearsal): string {
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const { phase } = rehearsal.status;
  const last = isFinalPhase(phase) ? moves.find((move) => move.phase === phase) : moves.at(-1);
  return last?.reason ?? "";
}

/** When the final phase was entered; the end of the rehearsal when there is none. */
export function endedAt(rehearsal: Rehearsal): number {
  const { phase } = rehearsal.status;
  const entry = decisionsOf(rehearsal).find((one) => one.moved && one.phase === phase);
  return entry?.seconds ?? rehearsal.seconds;
}

function endReason(rehearsal: Rehearsal): string {
  const { status } = rehearsal;
  return status.rollback === undefined ? "" : ` (${status.rollback.reason})`;
}

/** How long a fault lasted before every pod was back. */
function delayWord(rehearsal: Rehearsal): string {
  if (rehearsal.status.phase !== "RolledBack") return "";
  const end = endedAt(rehearsal);
  const events = rehearsal.entries.filter((entry): entry is EventEntry => entry.kind === "event");
  const event = events.findLast(({ seconds, ends }) => !ends && seconds <= end);
  return event === undefined ? "" : `, ${printDuration(end - event.seconds)} after "${event.what}"`;
}
