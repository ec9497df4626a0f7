// A row of the table: what is played so often, what is counted, and what must hold.
import { shareInterval } from "@retriever/operator/core/detection/share-interval.ts";
import { quantile } from "../../report/statistics.ts";
import type { End } from "./guard.ts";

export type Must =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  /** Printed, and nothing demanded. */
  | "printed";

export type Row = {
  readonly id: string;
  readonly name: string;
  readonly runs: number;
  /** Fewer, for the slice. */
  readonly quickRuns: number;
  readonly play: (seed: number) => End;
  /** Name of the row of the same id whose runs are counted once more, with as many runs; left out: its own are played. */
  readonly countsRunsOf?: string;
  readonly isCounted: (end: End) => boolean;
  readonly must: Must;
  /** Seconds after this are told, from the runs that are counted. */
  readonly since?: number;
  /** So long half of the runs, and 95 in 100, may take at most, seconds. */
  readonly medianWithin?: number;
  readonly p95Within?: number;
};

/** holds: proved. missed: refuted. open: so many runs prove neither. */
type Answer = "holds" | "missed" | "open";

export type RowResult = {
  readonly id: string;
  readonly name: string;
  readonly count: number;
  readonly n: number;
  /** 95 %, Clopper and Pearson. */
  readonly bounds: readonly [number, number];
  readonly median?: number;
  readonly p95?: number;
  readonly answer: Answer | "printed";
  /** By line, what was due in the runs that are counted. */
  readonly lines: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
};

export function resultOf(row: Row, ends: readonly End[]): RowResult {
  const counted = ends.filter(row.isCounted);
  const [count, n] = [counted.length, ends.length];
  const bounds = shareInterval(count, n);
  const seconds = counted.map((end) => end.seconds - (row.since ?? 0)).toSorted((a, b) => a - b);
  const times = timesOf(row, seconds, n);
  return {
    id: row.id,
    name: row.name,
    count,
    n,
    bounds,
    ...(row.since === undefined || count === 0 ? {} : { median: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) }),
    answer:
      row.must === "printed" ? "printed" : worst([answerOf(row.must, count, n), ...times.map(({ answer }) => answer)]),
    lines: countLines(counted),
    notes: times.map(({ note }) => note),
  };
}

/** What bounds of as many runs say of a demand. All of all is the most that runs can show of "always". */
function answerOf(must: Exclude<Must, "printed">, count: number, n: number): Answer {
  const [low, high] = shareInterval(count, n);
  if ("atMost" in must) {
    if (must.atMost === 0) return count === 0 ? "holds" : "missed";
    return high <= must.atMost ? "holds" : low > must.atMost ? "missed" : "open";
  }
  if (must.atLeast === 1) return count === n ? "holds" : "missed";
  return low >= must.atLeast ? "holds" : high < must.atLeast ? "missed" : "open";
}

/** A quantile is within a time when surely so many runs are: the same bounds. */
function timesOf(row: Row, seconds: readonly number[], n: number): readonly { answer: Answer; note: string }[] {
  const demands = [
    { name: "median", share: 0.5, within: row.medianWithin },
    { name: "p95", share: 0.95, within: row.p95Within },
  ];
  return demands.flatMap(({ name, share, within }) => {
    if (within === undefined) return [];
    const inTime = seconds.filter((one) => one <= within).length;
    const answer = answerOf({ atLeast: share }, inTime, n);
    return [{ answer, note: `${name} within ${Math.round(within)} s: ${inTime} of ${n} in time, ${answer}` }];
  });
}

function worst(answers: readonly Answer[]): Answer {
  return answers.includes("missed") ? "missed" : answers.includes("open") ? "open" : "holds";
}

function countLines(ends: readonly End[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { lines } of ends) for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

/** Seeds that have nothing in common: neighbours of a small generator begin alike. */
export function seedOf(row: string, run: number): number {
  let seed = Math.imul(run + 1, 0x9e37_79b1);
  for (const letter of row) seed = mix(seed ^ (letter.codePointAt(0) ?? 0));
  return mix(seed);
}

/** The finalizer of MurmurHash3. */
function mix(seed: number): number {
  let mixed = seed;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}
