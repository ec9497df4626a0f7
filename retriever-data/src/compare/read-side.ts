// Reads one store through, page by page: throttled, with a deadline for each page; a broken connection is resumed at its
// last page.
import type { ChunkBatch, ChunkStore, VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import type { SideState } from "#core/run-state.ts";
import { makeThrottle } from "#core/throttle.ts";
import { backoffMs, isRetryable } from "./retry.ts";
import type { RunDeps, RunOptions } from "./run-deps.ts";

/** For one page, pauses not counted. */
const pageDeadlineMs = 90_000;
/** Broken connections in a row without a page in between. */
const mostRetries = 4;

type Reading = {
  readonly store: ChunkStore;
  readonly level: VerifyLevel;
  readonly options: Pick<RunOptions, "rowsPerSecond" | "pageSize">;
  readonly sinceMs: number | null;
  /** Its cursor moves with each batch that was processed. */
  readonly side: SideState;
  /** Processes a batch; a promise is awaited before the next page. */
  readonly onBatch: (batch: ChunkBatch) => Promise<void> | void;
};
type Deps = Pick<RunDeps, "clock" | "pause" | "random" | "onNote">;

/** Reads what is left of the side. Rejects with a RetrieverError and at the signal. */
export async function readSide(reading: Reading, deps: Deps, signal: AbortSignal): Promise<void> {
  const { side } = reading;
  for (let retries = 0; !side.isDone; ) {
    const before = side.cursor;
    try {
      await readPages(reading, deps, signal);
      side.isDone = true;
    } catch (error) {
      retries = side.cursor === before ? retries + 1 : 1;
      if (signal.aborted || !isRetryable(error) || retries > mostRetries) throw error;
      const { code, message } = error;
      deps.onNote(`${code}: ${message}; reading goes on where it stood (${retries} of ${mostRetries})`);
      await deps.pause(backoffMs(error, retries, deps.random()), signal);
    }
  }
}

async function readPages(reading: Reading, { clock, pause }: Deps, signal: AbortSignal): Promise<void> {
  const { store, level, options, sinceMs, side, onBatch } = reading;
  const throttle = makeThrottle(options.rowsPerSecond);
  const stalled = new AbortController();
  const limit = AbortSignal.any([signal, stalled.signal]);
  const watch = (): NodeJS.Timeout => setTimeout(() => stalled.abort(new Error("page deadline")), pageDeadlineMs);
  let timer = watch();
  try {
    let startedAt = clock.monotonicMs();
    const readsAhead = options.rowsPerSecond === null;
    const scan = { level, sinceMs, after: side.cursor, pageSize: options.pageSize, readsAhead };
    for await (const batch of store.scan(scan, limit)) {
      clearTimeout(timer);
      const working = onBatch(batch);
      if (working !== undefined) await working;
      // In the same turn as the processing, so that no checkpoint holds one without the other.
      side.cursor = batch.cursor;
      const rest = throttle.pauseAfter(batch.count, batch.storeMs, clock.monotonicMs() - startedAt);
      if (rest > 0) await pause(rest, signal);
      startedAt = clock.monotonicMs();
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
  }
}
