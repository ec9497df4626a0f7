// From figures to rows, to the table for people and the line for programs. Pure.
import Table from "cli-table3";
import { type Goal, judgeAmount, printGoal, type Verdict } from "../sidecar/goal.ts";
import type { Acknowledged } from "./acknowledge.ts";
import type { ManyFigures } from "./many-migrations.ts";
import type { Takeovers } from "./takeovers.ts";

export type Part = {
  readonly what: string;
  readonly value: number;
  /** Null: shown beside the others, nothing is demanded. */
  readonly goal: Goal | null;
  /** Runs, trials or migrations behind it. */
  readonly n: number;
  readonly verdict: Verdict | null;
};
export type RowId = "K2" | "K4" | "K5" | "K7";
export type Row = { readonly id: RowId; readonly parts: readonly Part[] };

const most = (limit: number): Goal => ({ at: "most", limit });

/** A part; `enough`: how many it must rest on for its goal to be met. */
function part(what: string, value: number, about: { goal?: Goal; n: number; enough?: number }): Part {
  const { goal = null, n, enough = 1 } = about;
  const judged = goal === null ? null : judgeAmount(value, goal);
  return { what, value, goal, n, verdict: judged === "met" && n < enough ? "not measurable" : judged };
}

export function acknowledgeRow({ intentToAllMs, pods }: Acknowledged, demanded: number): Row {
  const seconds = intentToAllMs.map((ms) => ms / 1000);
  const n = intentToAllMs.length;
  const goal = most(15);
  const slowest = n === 0 ? Number.NaN : Math.max(...seconds);
  const what = `s, intent to roll back → every one of ${pods} pods acknowledges the source, slowest run`;
  return { id: "K2", parts: [part(what, slowest, { goal, n: pods >= demanded ? n : 0 })] };
}

export function takeoverRow({ trials, voided }: Takeovers, demanded: number): Row {
  const n = trials.length;
  const count = (of: (trial: Takeovers["trials"][number]) => number) =>
    trials.reduce((sum, trial) => sum + of(trial), 0);
  const about = { goal: most(0), n, enough: demanded };
  return {
    id: "K4",
    parts: [
      part(
        "writes accepted from a deposed leader after its successor's first to that object",
        count(({ late }) => late.length),
        about,
      ),
      part(
        "overlay writes accepted with a lower epoch",
        count(({ lowering }) => lowering.length),
        about,
      ),
      part(
        "writes that deposed leaders sent at all",
        count(({ sentAfter }) => sentAfter),
        { n },
      ),
      part("s, takeover with a lease of 2 s, slowest", Math.max(...trials.map(({ takeoverMs }) => takeoverMs)) / 1000, {
        n,
      }),
      part("trials begun that prove nothing", voided.length, { n: n + voided.length }),
    ],
  };
}

export function manyRow({ requeueMs, keptMib, idle }: ManyFigures, sizes: { few: number; many: number }): Row {
  const { few, many } = sizes;
  const perThousand = (mib: number, migrations: number): number => (mib * 1000) / migrations;
  const growth = keptMib.many - keptMib.none;
  const slope = perThousand(keptMib.many - keptMib.few, many - few);
  const enough = 1000;
  const requests = idle.beyond / few / idle.minutes;
  return {
    id: "K5",
    parts: [
      part(`s, ${many} migrations woken at once, all looked at, slowest start`, Math.max(...requeueMs) / 1000, {
        goal: most(5),
        n: many,
        enough,
      }),
      part(`MiB of heap + external per 1,000 migrations, slope from ${few} to ${many}`, slope, {
        goal: most(4),
        n: many,
        enough,
      }),
      part(`MiB, growth from no migration to ${many}, code that ran for the first time included`, growth, { n: many }),
      part("API requests per idle migration and minute, beyond watch and lease", requests, { goal: most(0), n: few }),
    ],
  };
}

export function memoryRow({ idle }: ManyFigures, few: number): Row {
  const what = `MiB, RSS of the idle operator beside ${few} finished migrations (stretch 160)`;
  return { id: "K7", parts: [part(what, idle.rssMib, { goal: most(200), n: few, enough: 200 })] };
}

/** Every row with its parts. */
export function printRows(rows: readonly Row[]): string {
  const table = new Table({ head: ["row", "what", "value", "n", "goal", "verdict"], style: { head: [], border: [] } });
  for (const { id, parts } of rows) {
    for (const { what, value, n, goal, verdict } of parts)
      table.push([id, what, round(value), `${n}`, goal === null ? "" : printGoal(goal), verdict ?? ""]);
  }
  return table.toString();
}

/** The last line: each row with its first part's figures, all parts beside them. */
export function summaryOf(rows: readonly Row[]): object {
  const figures = ({ value, goal, n }: Part) => ({ value: numberOf(value), goal: goal?.limit ?? null, n });
  return Object.fromEntries(
    rows.map(({ id, parts }) => {
      const [first] = parts;
      const head = first === undefined ? { value: null, goal: null, n: 0 } : figures(first);
      const ok = isMet({ id, parts });
      return [
        id,
        { ...head, ok, parts: parts.map((one) => ({ what: one.what, ...figures(one), verdict: one.verdict })) },
      ];
    }),
  );
}

/** Whether everything demanded in a row is met. */
export function isMet({ parts }: Row): boolean {
  const demanded = parts.filter(({ goal }) => goal !== null);
  return demanded.length > 0 && demanded.every(({ verdict }) => verdict === "met");
}

function numberOf(value: number): number | null {
  return Number.isFinite(value) ? Number(round(value)) : null;
}

/** Three significant digits below 100, whole numbers above. */
function round(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
