// What was measured against what is demanded, as a table for people and a line for programs. Pure.
import Table from "cli-table3";
import { type Goal, judge, judgeAmount, printGoal, type Verdict } from "./goal.ts";
import { type Estimate, estimateMedian } from "./statistics.ts";

export type Part = {
  readonly what: string;
  readonly value: number;
  /** 95 %; null for amounts, which aren't estimated. */
  readonly interval: readonly [number, number] | null;
  /** Rounds, runs or trials behind it. */
  readonly n: number;
  /** Null: shown beside the others, nothing is demanded. */
  readonly goal: Goal | null;
  readonly verdict: Verdict | null;
  /** Taken on the stand-in for Qdrant: it proves nothing about Qdrant. */
  readonly standIn: boolean;
};
export type Row<Id extends string = string> = { readonly id: Id; readonly parts: readonly Part[] };

export const most = (limit: number): Goal => ({ at: "most", limit });
export const least = (limit: number): Goal => ({ at: "least", limit });

type Options = {
  readonly standIn?: boolean;
  readonly n?: number;
  /** How many `n` must be for the goal to be met. */
  readonly enough?: number;
};

/** A figure that is counted, or measured once. */
export function amount(what: string, value: number, goal: Goal | null, options: Options = {}): Part {
  const { standIn = false, n = 1, enough = 1 } = options;
  const judged = goal === null || standIn ? null : judgeAmount(value, goal);
  const verdict = judged === "met" && n < enough ? "not measurable" : judged;
  return { what, value, interval: null, n, goal, verdict, standIn };
}

/** The median of these figures with its interval. */
export function estimated(what: string, values: readonly number[], goal: Goal | null): Part {
  return estimatedAs(what, estimateMedian(values), goal);
}

/** An estimate that was made elsewhere. */
export function estimatedAs(what: string, { median, interval, n }: Estimate, goal: Goal | null): Part {
  const verdict = goal === null ? null : judge({ interval }, goal);
  return { what, value: median, interval, n, goal, verdict, standIn: false };
}

/** Every row with its parts. */
export function printRows(rows: readonly Row[]): string {
  const head = ["row", "what", "value", "95 % interval", "n", "goal", "verdict"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { id, parts } of rows) {
    if (parts.length === 0) table.push([id, "not measured", "", "", "", "", ""]);
    for (const { what, value, interval, n, goal, verdict, standIn } of parts) {
      const range = interval === null ? "" : `${round(interval[0])} – ${round(interval[1])}`;
      const said = standIn ? "stand-in" : (verdict ?? "");
      table.push([id, what, round(value), range, `${n}`, goal === null ? "" : printGoal(goal), said]);
    }
  }
  return table.toString();
}

/** The last line: each row with its first part's figures, all parts and `more` beside them. */
export function summaryOf(rows: readonly Row[], more: object = {}): object {
  return Object.fromEntries(
    rows.map(({ id, parts }) => {
      const [first] = parts;
      const head = first === undefined ? { value: null, goal: null, n: 0 } : figuresOf(first);
      const shown = parts.map((part) => ({ what: part.what, ...figuresOf(part), verdict: part.verdict }));
      return [id, { ...head, ok: isMet({ id, parts }), ...more, parts: shown }];
    }),
  );
}

/** Whether everything demanded in a row is met; null where nothing demanded could be told. */
function isMet({ parts }: Row): boolean | null {
  const demanded = parts.filter(({ verdict }) => verdict !== null);
  if (demanded.length === 0) return parts.length === 0 ? false : null;
  return demanded.every(({ verdict }) => verdict === "met");
}

/** Whether a goal was missed, beyond what a noisy machine can't tell. A run without a row, as of a mistyped name, meets none. */
export function isMissed(rows: readonly Row[]): boolean {
  return rows.length === 0 || rows.some(({ parts }) => parts.some(({ verdict }) => verdict === "missed"));
}

function figuresOf({ value, interval, n, goal, standIn }: Part): object {
  return {
    value: numberOf(value),
    goal: goal?.limit ?? null,
    ...(interval === null ? {} : { interval: interval.map(numberOf) }),
    n,
    ...(standIn ? { standIn: true } : {}),
  };
}

function numberOf(value: number): number | null {
  return Number.isFinite(value) ? Number(round(value)) : null;
}

/** Three significant digits below 100, whole numbers above. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
