// Many rehearsals as a table of their endings: the share of each with its interval, and how long it took. Pure.

import { shareInterval } from "@retriever/operator/core/detection/share-interval.ts";
import { percentWord, spanWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
import type { Outcome } from "./outcome.ts";
import type { Title } from "./render-text.ts";

type EndingShare = Pick<Outcome, "phase" | "ending" | "reason"> & {
  readonly runs: number;
  readonly share: number;
  /** 95 %, exact. */
  readonly interval: readonly [low: number, high: number];
  readonly medianSeconds: number;
  readonly p95Seconds: number;
  /** What the time counts from; null: the scenario's start. */
  readonly since: readonly (string | null)[];
  /** Each as the first run worded it: the figures in it differ from run to run. */
  readonly causes: readonly { readonly cause: string; readonly runs: number }[];
  /** Of the first run with this ending, to play it alone. */
  readonly seed: number;
};

/** The most frequent ending first; of equals the one with the lower seed. */
export function sumEndings(outcomes: readonly Outcome[]): readonly EndingShare[] {
  const groups = Map.groupBy(outcomes, ({ phase, ending, reason }) => `${phase} ${ending} ${reason}`);
  return [...groups.values()]
    .map((group) => shareOf(group, outcomes.length))
    .toSorted((one, other) => other.runs - one.runs || one.seed - other.seed);
}

function shareOf(group: readonly Outcome[], n: number): EndingShare {
  const runs = group.length;
  const times = group.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  const [first] = group as readonly [Outcome];
  return {
    phase: first.phase,
    ending: first.ending,
    reason: first.reason,
    runs,
    share: runs / n,
    interval: shareInterval(runs, n),
    medianSeconds: quantile(times, 0.5),
    p95Seconds: quantile(times, 0.95),
    since: [...new Set(group.map(({ since }) => since))],
    causes: causesOf(group),
    seed: first.seed,
  };
}

/** Nearest rank: a time that was seen. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
}

function causesOf(group: readonly Outcome[]): EndingShare["causes"] {
  // Causes that differ in nothing but their figures are one.
  const alike = (cause: string): string => cause.replace(/\d+(\.\d+)?/g, "#");
  const all = group.flatMap(({ causes }) => [...new Map(causes.map((cause) => [alike(cause), cause])).values()]);
  return [...Map.groupBy(all, alike).values()]
    .map((causes) => ({ cause: causes[0] ?? "", runs: causes.length }))
    .toSorted((one, other) => other.runs - one.runs);
}

const head = ["ending", "reason", "runs", "share", "95 % interval", "median", "p95", "seed"];
/** Rarer ones are in the JSON. */
const mostCauses = 5;

/** A head, the table, then what its times count from and what was found; longer lines are cut to `columns`. */
export function renderEndings(title: Title, outcomes: readonly Outcome[], columns: number): string[] {
  const endings = sumEndings(outcomes);
  return [
    `${title.namespace}/${title.name}, scenario ${title.scenario}: ${title.shows}`,
    `Virtual clock, production decisions, seeds ${outcomes[0]?.seed} to ${outcomes.at(-1)?.seed}. No cluster, no store was touched.`,
    ...(title.traffic === undefined ? [] : [title.traffic]),
    "",
    ...renderTable([head, ...endings.map((ending) => rowOf(ending, outcomes.length))]),
    "",
    ...endings.flatMap(notesOf),
  ].map((line) => (line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 3))}...`));
}

function rowOf({ interval: [low, high], ...ending }: EndingShare, n: number): string[] {
  return [
    endingWord(ending),
    ending.reason,
    `${ending.runs} of ${n}`,
    percentWord(ending.share),
    `${percentWord(low)} to ${percentWord(high)}`,
    spanWord(ending.medianSeconds),
    spanWord(ending.p95Seconds),
    String(ending.seed),
  ];
}

function endingWord({ phase, ending }: Pick<EndingShare, "phase" | "ending">): string {
  return ending === "ended" ? phase : `${phase}, ${ending}`;
}

function notesOf(ending: EndingShare): string[] {
  const since = ending.since.map((what) => (what === null ? "the start" : `"${what}"`)).join(" or ");
  const causes = ending.causes.slice(0, mostCauses);
  return [
    `${endingWord(ending)} (${ending.reason}): times count from ${since}.`,
    ...causes.map(({ cause, runs }) => `  ${runs} of ${ending.runs}: ${cause}`),
  ];
}

/** One JSON object per run, in the order of the seeds, then one with the shares. Keys are in a fixed order. */
export function renderEndingsJson(title: Title, outcomes: readonly Outcome[]): string[] {
  const runs = outcomes.map((outcome) => ({ kind: "run", ...outcome }));
  const sum = { kind: "endings", runs: outcomes.length, endings: sumEndings(outcomes), ...title };
  return [...runs, sum].map((line) => JSON.stringify(line));
}
