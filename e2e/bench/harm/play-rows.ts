// All runs of all rows on worker threads. The same ends at any number of workers: a run's seed is its row and its number.
import { Worker } from "node:worker_threads";
import type { End } from "./play/guard.ts";
import type { Row } from "./play/row.ts";
import { allRows } from "./rows/all.ts";
import type { Batch, Played } from "./worker-main.ts";

type Playing = {
  readonly workers: number;
  /** Places in `allRows`. */
  readonly rows: readonly number[];
  readonly runsOf: (row: number) => number;
  /** Once a row has been played. */
  readonly onRow: (row: number, ends: readonly End[]) => void;
};

const batchRuns = 20;
/** What is timed instead of played. */
export const decideId = "D11";

/** Rejects when a worker fails. */
export async function playRows({ workers, rows, runsOf, onRow }: Playing): Promise<void> {
  const played = [...new Set(rows.map(playedPlace))];
  const waiting = played.flatMap((row): Batch[] => {
    const runs = runsOf(row);
    return Array.from({ length: Math.ceil(runs / batchRuns) }, (_, index) => ({
      row,
      from: index * batchRuns,
      to: Math.min(runs, (index + 1) * batchRuns),
    }));
  });
  const ends = new Map(played.map((row) => [row, [] as End[]]));
  const open = new Map(played.map((row) => [row, runsOf(row)]));
  const take = ({ row, from, ends: more }: Played): void => {
    const known = ends.get(row) ?? [];
    for (const [index, end] of more.entries()) known[from + index] = end;
    const left = (open.get(row) ?? 0) - more.length;
    open.set(row, left);
    if (left > 0) return;
    for (const place of rows) if (playedPlace(place) === row) onRow(place, known);
  };
  await Promise.all(Array.from({ length: workers }, () => work(waiting, take)));
}

/** Place of the row whose runs are played for the one at a place. Throws RangeError where there is none. */
export function playedPlace(place: number): number {
  const { id, countsRunsOf } = allRows[place] as Row;
  if (countsRunsOf === undefined) return place;
  const played = allRows.findIndex((row) => row.id === id && row.name === countsRunsOf);
  if (played === -1) throw new RangeError(`countsRunsOf: got ${countsRunsOf}, expected the name of a row`);
  return played;
}

async function work(waiting: Batch[], take: (played: Played) => void): Promise<void> {
  const worker = new Worker(new URL("./worker-main.ts", import.meta.url));
  try {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) take(await ask(worker, batch));
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, batch: Batch): Promise<Played> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (played: Played) => {
      worker.off("error", reject);
      resolve(played);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(batch);
  });
}

/**
 * Places of the rows whose id is asked for, all where none is, and whose name contains `named`. Throws RangeError for a word
 * that names no row: a run of none would prove nothing and look as if it did.
 */
export function placesOf(ids: readonly string[], named: string): readonly number[] {
  const known = [...new Set(allRows.map(({ id }) => id)), decideId];
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new RangeError(`rows: got ${unknown.join(", ")}, expected ${known.join(", ")}`);
  const isAsked = ({ id, name }: Row): boolean => (ids.length === 0 || ids.includes(id)) && name.includes(named);
  const places = [...allRows.keys()].filter((place) => isAsked(allRows[place] as Row));
  if (places.length === 0 && !ids.includes(decideId))
    throw new RangeError(`--named: got ${JSON.stringify(named)}, expected a part of the name of a row`);
  return places;
}
