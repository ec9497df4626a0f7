// Writes what the destination lacks, or has older, by one way through the source. What it holds already is passed over by
// ids and moments alone, so that a copy that was interrupted goes on where it stood without any file of its own.
import {
  type ChunkBatch,
  type MomentPrecision,
  mostLookedUp,
  type VerifyLevel,
  type WholeBatch,
  type WholeChunk,
} from "@retriever/stores/ports/chunk-store.ts";
import { makePace } from "#compare/pace.ts";
import { readSide, readThrough } from "#compare/read-side.ts";
import { inTime, withRetries } from "#compare/retry.ts";
import type { Both, RunDeps } from "#compare/run-deps.ts";
import type { SideState } from "#core/run-state.ts";
import { makeThrottle, type Throttle } from "#core/throttle.ts";
import type { Left } from "#repair/decide.ts";
import { isHeld } from "./is-held.ts";
import { dueFrom, lookUpLevel, type Sending, type Side, sendChunks } from "./send-chunks.ts";

/** From one bound of the source to the next; null: from its beginning, to its end. */
export type Range = { readonly after: string | null; readonly until: string | null };
type FillOptions = {
  /** ids: the stores don't say when a chunk was written. */
  readonly level: VerifyLevel;
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
  /** Chunks of one batch, and batches that are written at the same time. */
  readonly batchSize: number;
  readonly atOnce: number;
  /** Whether the destination held nothing when the copy began. */
  readonly isEmpty: boolean;
  /** Bounds that the source is read between; absent: all of it. */
  readonly range?: Range;
  /** How finely the destination declares to hold moments, where it says so. */
  readonly heldBy?: MomentPrecision | undefined;
};
type FillDeps = Pick<RunDeps, "clock" | "pause" | "random" | "onNote"> &
  Both<Side> &
  Pick<Sending, "onSeen"> & {
    /** Called after each batch. */
    readonly onProgress: (filled: Filled) => void;
  };
export type Filled = {
  /** Chunks of the source that were seen: held by the destination, or sent to it, new or over older ones. */
  read: number;
  held: number;
  written: number;
  replaced: number;
  /** Named with their reasons; the first `mostRefused` of them end the copy. */
  readonly refused: Left[];
};

const batchDeadlineMs = 60_000;
const skippedPage = 10_000;
/** Batches that the destination holds as they are, one after the other, before they are passed over by their ids alone. */
const idleBatches = 20;
/** So many refusals are of the table or the collection, and not of chunks. */
export const mostRefused = 10_000;

type Run = {
  readonly options: FillOptions;
  readonly deps: FillDeps;
  readonly signal: AbortSignal;
  readonly filled: Filled;
  readonly to: Sending;
  idle: number;
};

/** Rejects with a RetrieverError, and at the signal; what was written until then stays. */
export async function fill(options: FillOptions, deps: FillDeps, signal: AbortSignal): Promise<Filled> {
  const filled: Filled = { read: 0, held: 0, written: 0, replaced: 0, refused: [] };
  const run: Run = {
    options,
    deps,
    signal,
    filled,
    to: { ...deps, ...options, isHeld: (at, held) => isHeld(at, held, options.heldBy) },
    idle: 0,
  };
  const { after = null } = options.range ?? {};
  const side: SideState = { cursor: after, isDone: false };
  while (!side.isDone && filled.refused.length < mostRefused) {
    if (!options.isEmpty || side.cursor !== after) await skipHeld(run, side);
    if (!side.isDone) await writeFrom(run, side);
  }
  return filled;
}

/** Passes over pages of which the destination holds every chunk. */
async function skipHeld(run: Run, side: SideState): Promise<void> {
  const { options, deps, signal, filled } = run;
  const paced = makePace(options.rowsPerSecond, deps);
  const onBatch = async (batch: ChunkBatch): Promise<boolean> => {
    for (let start = 0; start < batch.count; start += mostLookedUp) {
      const ask = () => inTime(signal, batchDeadlineMs, (limit) => dueFrom(run.to, batch, start, limit));
      const rows = Math.min(mostLookedUp, batch.count - start);
      const due = await withRetries(() => paced(rows, signal, ask), deps, signal);
      if (due.length > 0) return true;
    }
    filled.read += batch.count;
    filled.held += batch.count;
    deps.onProgress(filled);
    return false;
  };
  const { rowsPerSecond, range } = options;
  const { store } = deps.source;
  const reading = { store, level: lookUpLevel(run.to), sinceMs: null, until: range?.until ?? null, side, onBatch };
  await readSide({ ...reading, options: { rowsPerSecond, pageSize: skippedPage } }, deps, signal);
}

/** Reads chunks whole and writes them, until the source ends or the destination holds them one after the other. */
async function writeFrom(run: Run, side: SideState): Promise<void> {
  const { options, deps, signal, filled } = run;
  const { rowsPerSecond, batchSize, atOnce } = options;
  // Several batches at once work the destination as much as one that takes so many times as long.
  const throttleOf = makeThrottles(rowsPerSecond === null ? null : rowsPerSecond / atOnce);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  run.idle = 0;
  const work = async (batch: WholeBatch): Promise<void> => {
    const startedAt = deps.clock.monotonicMs();
    const what = await withRetries(
      () => inTime(signal, batchDeadlineMs, (limit) => writeBatch(run, batch.chunks, limit)),
      deps,
      signal,
    );
    const tookMs = deps.clock.monotonicMs() - startedAt;
    deps.onProgress(filled);
    const rest = throttleOf(what).pauseAfter(batch.count, tookMs * atOnce, tookMs);
    if (rest > 0) await deps.pause(rest, signal);
  };
  const onBatch = async (batch: WholeBatch): Promise<boolean> => {
    if (failure !== null || run.idle >= idleBatches || filled.refused.length >= mostRefused) return true;
    const working = work(batch)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(working));
    running.add(working);
    while (running.size >= atOnce) await Promise.race(running);
    return false;
  };
  const until = options.range?.until ?? null;
  const scan = (after: string | null, limit: AbortSignal) =>
    deps.source.writer.scan({ after, until, pageSize: batchSize, vectors: deps.destination.writer.vectors }, limit);
  try {
    await readThrough({ scan, rowsPerSecond, side, onBatch }, deps, signal);
  } finally {
    await Promise.all(running);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

/** What a batch came to. Each costs a store another time, which says nothing of how it fares beside the others. */
type Work = "held" | "written" | "replaced" | "mixed";

/** One for each kind of work, so that a batch is measured by its like. */
function makeThrottles(rowsPerSecond: number | null): (work: Work) => Throttle {
  const throttles = new Map<Work, Throttle>();
  return (work) => {
    const throttle = throttles.get(work) ?? makeThrottle(rowsPerSecond);
    throttles.set(work, throttle);
    return throttle;
  };
}

/** Asks again what is held, so that it can be repeated after a failure. */
async function writeBatch(run: Run, chunks: readonly WholeChunk[], limit: AbortSignal): Promise<Work> {
  const { filled } = run;
  const { held, written, replaced, left } = await sendChunks(run.to, chunks, limit);
  run.idle = held === chunks.length ? run.idle + 1 : 0;
  filled.read += chunks.length;
  filled.held += held;
  filled.written += written;
  filled.replaced += replaced;
  filled.refused.push(...left.filter(({ why }) => why === "refused"));
  const done = { held, written, replaced };
  return (["held", "written", "replaced"] as const).find((work) => done[work] === chunks.length) ?? "mixed";
}
