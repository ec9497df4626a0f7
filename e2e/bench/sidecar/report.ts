// The tables for people and the line for programs. Pure.
import Table from "cli-table3";
import { printGoal } from "./goal.ts";
import type { CodecCosts, Measured, Sample } from "./rounds.ts";
import { isMet, type Part, type Row } from "./rows.ts";
import { median } from "./statistics.ts";

const style = { head: [], border: [] };

/** Every row with its parts. `peerless`: why the peers that are missing are missing. */
export function printRows(rows: readonly Row[]): string {
  const table = new Table({ head: ["row", "what", "median", "95 % interval", "n", "goal", "verdict"], style });
  for (const { id, parts } of rows) {
    if (parts.length === 0) table.push([id, "not measured", "", "", "", "", ""]);
    for (const part of parts) table.push([id, ...cellsOf(part)]);
  }
  return table.toString();
}

function cellsOf({ what, value, interval, n, goal, verdict }: Part): string[] {
  const range = interval === null ? "" : `${round(interval[0])} – ${round(interval[1])}`;
  return [what, round(value), range, `${n}`, goal === null ? "" : printGoal(goal), verdict ?? ""];
}

/** Absolute figures of every subject: medians over the rounds; noise of this machine included. */
export function printSubjects({ samples, codec }: Measured): string {
  const head = ["subject", "CPU µs/request", "requests/s", "p50 ms", "p99 ms"];
  const table = new Table({ head, style });
  for (const [name, list] of samples) {
    const of = (pick: (sample: Sample) => number): string => round(median(list.map(pick)));
    table.push([name, of((s) => s.cpuMicros), of((s) => s.perSecond), of((s) => s.p50Ms), of((s) => s.p99Ms)]);
  }
  const form = (pick: (costs: CodecCosts) => number): string => round(median(codec.map(pick)));
  table.push(["768 numbers parsed and printed", form((costs) => costs.numbersMicros), "", "", ""]);
  table.push(["768 numbers from base64 for pgvector", form((costs) => costs.base64Micros), "", "", ""]);
  return table.toString();
}

/** The last line: each row with its first part's figures, all parts beside them. */
export function summaryOf(rows: readonly Row[], store: string): object {
  return Object.fromEntries(
    rows.map((row) => {
      const [first] = row.parts;
      const head = first === undefined ? { value: null, goal: null, interval: null, n: 0 } : figuresOf(first);
      const demanded = row.parts.some(({ goal }) => goal !== null);
      const rest = {
        store,
        parts: row.parts.map((part) => ({ what: part.what, ...figuresOf(part), verdict: part.verdict })),
      };
      return [row.id, { ...head, ok: demanded || first === undefined ? isMet(row) : null, ...rest }];
    }),
  );
}

function figuresOf({ value, goal, interval, n }: Part) {
  return {
    value: Number(round(value)),
    goal: goal?.limit ?? null,
    interval: interval === null ? null : interval.map((end) => Number(round(end))),
    n,
  };
}

/** Three significant digits below 100, whole numbers above. */
function round(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
