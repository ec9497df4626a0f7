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

type Through<Batch> = {
  /** Begins to read behind a cursor. */
  readonly scan: (after: string | null, signal: AbortSignal) => AsyncIterable<Batch>;
  readonly rowsPerSecond: number | null;
  /** Its cursor moves with each batch that was processed. */
  readonly side: SideState;
  /** Processes a batch; a promise is awaited before the next page. True: nothing more is to be read now. */
  readonly onBatch: (batch: Batch) => Promise<boolean | void> | boolean | void;
};
type Reading = Pick<Through<ChunkBatch>, "side" | "onBatch"> & {
  readonly store: ChunkStore;
  readonly level: VerifyLevel;
  readonly options: Pick<RunOptions, "rowsPerSecond" | "pageSize">;
  readonly sinceMs: number | null;
  /** A bound that the reading ends at; absent: at the store's end. */
  readonly until?: string | null;
};
type Deps = Pick<RunDeps, "clock" | "pause" | "random" | "onNote">;

/** Reads what is left of the side. Rejects with a RetrieverError and at the signal. */
export async function readSide(reading: Reading, deps: Deps, signal: AbortSignal): Promise<void> {
  const { store, level, options, sinceMs, until = null, ...rest } = reading;
  const { rowsPerSecond, pageSize } = options;
  const readsAhead = rowsPerSecond === null;
  const scan: Through<ChunkBatch>["scan"] = (after, limit) =>
    store.scan({ level, sinceMs, after, until, pageSize, readsAhead }, limit);
  await readThrough({ ...rest, scan, rowsPerSecond }, deps, signal);
}

type Paged = Pick<ChunkBatch, "count" | "cursor" | "storeMs">;

/** Likewise, batches of any kind. */
export async function readThrough<Batch extends Paged>(
  reading: Through<Batch>,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const { side } = reading;
  for (let retries = 0; !side.isDone; ) {
    const before = side.cursor;
    try {
      side.isDone = await readPages(reading, deps, signal);
      return;
    } catch (error) {
      retries = side.cursor === before ? retries + 1 : 1;
      if (signal.aborted || !isRetryable(error) || retries > mostRetries) throw error;
      const { code, message } = error;
      deps.onNote(`${code}: ${message}; reading goes on where it stood (${retries} of ${mostRetries})`);
      await deps.pause(backoffMs(error, retries, deps.random()), signal);
    }
  }
}

/** Whether it came to the end. */
async function readPages<Batch extends Paged>(
  { scan, rowsPerSecond, side, onBatch }: Through<Batch>,
  { clock, pause }: Deps,
  signal: AbortSignal,
): Promise<boolean> {
  const throttle = makeThrottle(rowsPerSecond);
  const stalled = new AbortController();
  const limit = AbortSignal.any([signal, stalled.signal]);
  const watch = (): NodeJS.Timeout => setTimeout(() => stalled.abort(new Error("page deadline")), pageDeadlineMs);
  let timer = watch();
  try {
    let startedAt = clock.monotonicMs();
    for await (const batch of scan(side.cursor, limit)) {
      clearTimeout(timer);
      const working = onBatch(batch);
      if ((typeof working === "object" ? await working : working) === true) return false;
      // In the same turn as the processing, so that no checkpoint holds one without the other.
      side.cursor = batch.cursor;
      const rest = throttle.pauseAfter(batch.count, batch.storeMs, clock.monotonicMs() - startedAt);
      if (rest > 0) await pause(rest, signal);
      startedAt = clock.monotonicMs();
      timer = watch();
    }
    return true;
  } finally {
    clearTimeout(timer);
  }
}
