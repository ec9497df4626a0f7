// A worker thread that plays runs of one row and answers with how each ended.
import { parentPort } from "node:worker_threads";
import type { End } from "./play/guard.ts";
import { seedOf } from "./play/row.ts";
import { allRows } from "./rows/all.ts";

/** Runs `from` to `to`, the last one excluded, of the row at a place of `allRows`. */
export type Batch = { readonly row: number; readonly from: number; readonly to: number };
export type Played = Batch & { readonly ends: readonly End[] };

parentPort?.on("message", (batch: Batch) => {
  const row = allRows[batch.row];
  if (row === undefined) throw new RangeError(`no row ${batch.row}`);
  const ends = Array.from({ length: batch.to - batch.from }, (_, index): End => {
    const { act, lines, seconds } = row.play(seedOf(`${row.id} ${row.name}`, batch.from + index));
    return { act, lines, seconds };
  });
  const played: Played = { ...batch, ends };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(played);
});
