// A rehearsal as lines for people and as one JSON object per decision. Pure: the same rehearsal, the same bytes.

import { clockWord, percentWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
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

/** One line per decision and event, between a head and the result; longer ones are cut to `columns`. */
export function renderText(title: Title, rehearsal: Rehearsal, columns: number): string[] {
  const { unreached } = rehearsal;
  return [
    `${title.namespace}/${title.name}, scenario ${title.scenario}: ${title.shows}`,
    `Virtual clock, production decisions, seed ${title.seed}. No cluster, no store was touched.`,
    ...(title.traffic === undefined ? [] : [title.traffic]),
    "",
    ...renderTable(rehearsal.entries.map(rowOf)),
    "",
    `${summarise(rehearsal)}. ${decisionsOf(rehearsal).length} decisions in ${rehearsal.reconciles} reconciles.`,
    ...(unreached.length === 0 ? [] : [`Never came: the events at ${unreached.join(", ")}.`]),
  ].map((line) => (line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 3))}...`));
}

function rowOf(entry: Entry): string[] {
  const at = clockWord(entry.seconds);
  if (entry.kind === "event") return [at, "(event)", "", entry.what];
  return [at, phaseWord(entry), entry.reason, entry.message];
}

/** `Ramp 2, 5 %`: the phase, and while it samples the stage and its rate. */
export function phaseWord({ phase, stage, sampleRate }: DecisionEntry): string {
  const samples = phase === "WarmUp" || phase === "Ramp";
  return samples && stage !== null ? `${phase} ${stage}, ${percentWord(sampleRate)}` : phase;
}

/** One JSON object per line: a decision or an event each, then the end. Keys are in a fixed order. */
export function renderJson(title: Title, rehearsal: Rehearsal): string[] {
  const entries = rehearsal.entries.map(({ kind, seconds, ...rest }) => ({
    kind,
    at: clockWord(seconds),
    seconds,
    ...rest,
  }));
  const { status, ending, seconds, reconciles, unreached } = rehearsal;
  const end = {
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
  return [...entries, end].map((line) => JSON.stringify(line));
}
