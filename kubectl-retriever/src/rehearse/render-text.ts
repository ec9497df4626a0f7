// A rehearsal as lines for people and as one JSON object per decision. Pure: the same rehearsal, the same bytes.

import { clockWord, counted, stageWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
import { hung } from "#text/wrap.ts";
import type { DecisionEntry, Entry, Rehearsal } from "./rehearsal.ts";
import { decisionsOf, lastReasonOf, summarise } from "./summary.ts";

export type Title = {
  readonly namespace: string;
  readonly name: string;
  readonly scenario: string;
  readonly shows: string;
  readonly seed: number;
  /** Where the traffic is from, when not from the scenario. */
  readonly traffic?: string;
};

/** A message has at least as much room, or goes on further left. */
const leastColumns = 40;

/** One line per decision and event, between a head and the result; longer ones are wrapped at `columns`. */
export function renderText(title: Title, rehearsal: Rehearsal, columns: number): string[] {
  const { unreached } = rehearsal;
  return [
    `${title.namespace}/${title.name}, scenario ${title.scenario}: ${title.shows}`,
    `Virtual clock, production decisions, seed ${title.seed}. No cluster, no store was touched.`,
    ...(title.traffic === undefined ? [] : [title.traffic]),
    "",
    ...renderEntries(rehearsal.entries, columns),
    "",
    `${summarise(rehearsal)}. ${counted(decisionsOf(rehearsal).length, "decision")} in ${counted(rehearsal.reconciles, "reconcile")}.`,
    ...(unreached.length === 0 ? [] : [`Never came: the events at ${unreached.join(", ")}.`]),
  ].flatMap((line) => (line.length <= columns ? [line] : hung("", line, columns)));
}

function renderEntries(entries: readonly Entry[], columns: number): string[] {
  const heads = renderTable(entries.map(headOf));
  const indent = Math.max(0, ...heads.map(({ length }) => length)) + 2;
  return entries.flatMap((entry, index) => {
    const head = (heads[index] ?? "").padEnd(indent);
    const said = entry.kind === "event" ? entry.what : entry.message;
    if (columns - indent >= leastColumns) return hung(head, said, columns);
    return [head.trimEnd(), ...hung("    ", said, columns)];
  });
}

function headOf(entry: Entry): string[] {
  const at = clockWord(entry.seconds);
  return entry.kind === "event" ? [at, "(event)", ""] : [at, phaseWord(entry), entry.reason];
}

export function phaseWord({ phase, stage, sampleRate }: DecisionEntry): string {
  return stageWord(phase, stage, sampleRate);
}

/** One JSON object per line: a decision or an event each, then the end. Keys are in a fixed order. */
export function renderJson(title: Title, rehearsal: Rehearsal): string[] {
  const entries = rehearsal.entries.map(({ kind, seconds, ...rest }) => ({
    kind,
    at: clockWord(seconds),
    seconds,
    ...rest,
  }));
  return [...entries, endOf(title, rehearsal)].map((line) => JSON.stringify(line));
}

/** The last line. */
export function endOf(title: Title, rehearsal: Rehearsal) {
  const { status, ending, seconds, reconciles, unreached } = rehearsal;
  return {
    kind: "end",
    at: clockWord(seconds),
    seconds,
    ending,
    phase: status.phase,
    reason: lastReasonOf(rehearsal),
    message: status.message,
    summary: summarise(rehearsal),
    reconciles,
    unreached,
    ...title,
  };
}
