// What was measured against what is demanded, as a table for people and a line for programs. Pure.
import Table from "cli-table3";
import { type Goal, judge, judgeAmount, printGoal, type Verdict } from "../sidecar/goal.ts";
import type { Estimate } from "../sidecar/statistics.ts";

export const rowIds = ["V1", "V2", "V3", "V4", "V5", "V6", "V7"] as const;
export type RowId = (typeof rowIds)[number];
export type Part = {
  readonly what: string;
  readonly value: number;
  /** 95 %; null for amounts. */
  readonly interval: readonly [number, number] | null;
  readonly n: number;
  /** Null: shown beside the others, nothing is demanded. */
  readonly goal: Goal | null;
  readonly verdict: Verdict | null;
  /** Taken on the stand-in for Qdrant: it proves nothing about Qdrant. */
  readonly standIn: boolean;
};
export type Row = { readonly id: RowId; readonly parts: readonly Part[] };

export const most = (limit: number): Goal => ({ at: "most", limit });
export const least = (limit: number): Goal => ({ at: "least", limit });

type Options = { readonly standIn?: boolean; readonly n?: number };

/** A figure that is counted, or measured once. */
export function amount(what: string, value: number, goal: Goal | null, { standIn = false, n = 1 }: Options = {}): Part {
  const verdict = goal === null || standIn ? null : judgeAmount(value, goal);
  return { what, value, interval: null, n, goal, verdict, standIn };
}

/** A figure with its interval. */
export function estimated(what: string, { median, interval, n }: Estimate, goal: Goal | null): Part {
  return {
    what,
    value: median,
    interval,
    n,
    goal,
    verdict: goal === null ? null : judge({ interval }, goal),
    standIn: false,
  };
}

export function printRows(rows: readonly Row[]): string {
  const head = ["row", "what", "value", "95 % interval", "n", "goal", "verdict"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { id, parts } of rows) {
    for (const { what, value, interval, n, goal, verdict, standIn } of parts) {
      const range = interval === null ? "" : `${round(interval[0])} – ${round(interval[1])}`;
      const said = standIn ? "stand-in" : (verdict ?? "");
      table.push([id, what, round(value), range, `${n}`, goal === null ? "" : printGoal(goal), said]);
    }
  }
  return table.toString();
}

/** Each row with its first part's figures, all parts beside them. `ok` is null where nothing demanded could be told. */
export function summaryOf(rows: readonly Row[]): object {
  return Object.fromEntries(
    rows.map(({ id, parts }) => {
      const demanded = parts.filter(({ verdict }) => verdict !== null);
      const ok = demanded.length === 0 ? null : demanded.every(({ verdict }) => verdict === "met");
      const [first] = parts;
      const shown = parts.map((part) => ({ what: part.what, ...figuresOf(part), verdict: part.verdict }));
      return [id, { ...(first === undefined ? { value: null, goal: null } : figuresOf(first)), ok, parts: shown }];
    }),
  );
}

function figuresOf({ value, interval, n, goal, standIn }: Part): object {
  return {
    value: Number(round(value)),
    goal: goal?.limit ?? null,
    ...(interval === null ? {} : { interval: interval.map((end) => Number(round(end))) }),
    n,
    ...(standIn ? { standIn: true, ok: null } : {}),
  };
}

/** Three significant digits below 100, whole numbers above. */
function round(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
