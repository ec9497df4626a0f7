// What is kept of one of many rehearsals: how it ended, why, and how long that took. Pure.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { Scenario } from "#scenario/scenario.ts";
import { describeEvent } from "./describe-event.ts";
import type { Ending, EventEntry, Rehearsal } from "./rehearsal.ts";
import { decisionsOf, endedAt, lastReasonOf } from "./summary.ts";

export type Outcome = {
  readonly seed: number;
  readonly phase: Phase;
  readonly ending: Ending;
  readonly reason: string;
  /** Most severe first; empty where nothing was wrong. */
  readonly causes: readonly string[];
  /** From the event in `since`, or from the start, to the decision that led to this ending. */
  readonly seconds: number;
  /** What the scenario did when the time began to count; null: its start. */
  readonly since: string | null;
};

export function outcomeOf(rehearsal: Rehearsal, scenario: Scenario, seed: number): Outcome {
  const { status, ending } = rehearsal;
  const end = decidedAt(rehearsal);
  const since = beginningOf(rehearsal, scenario, end);
  return {
    seed,
    phase: status.phase,
    ending,
    reason: lastReasonOf(rehearsal),
    causes: status.rollback?.causes ?? status.harm?.causes ?? [],
    seconds: end - (since?.seconds ?? 0),
    since: since?.what ?? null,
  };
}

/** A rollback is decided before it ends; whatever hasn't ended stands since its last transition. */
function decidedAt(rehearsal: Rehearsal): number {
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const left = moves.find(({ phase }) => phase === "RollingBack");
  if (left !== undefined) return left.seconds;
  return rehearsal.ending === "ended" ? endedAt(rehearsal) : (moves.at(-1)?.seconds ?? rehearsal.seconds);
}

/** The first event after the cutover; before one, the first that is no act of a person. */
function beginningOf(rehearsal: Rehearsal, scenario: Scenario, end: number): EventEntry | undefined {
  const { entries } = rehearsal;
  const cutover = entries.findIndex((entry) => entry.kind === "decision" && entry.phase === "CuttingOver");
  const begun = entries
    .slice(cutover + 1)
    .filter((entry): entry is EventEntry => entry.kind === "event" && !entry.ends && entry.seconds <= end);
  if (cutover >= 0) return begun[0];
  const acts = new Set(
    scenario.events.filter(({ act }) => act !== undefined).map((act) => describeEvent(act, "begin")),
  );
  return begun.find(({ what }) => !acts.has(what));
}
