// Writes what the destination lacks, or has older, by one way through the source. What it holds already is passed over by
// ids and moments alone, so that a copy that was interrupted goes on where it stood without any file of its own.
import { idTextAt } from "@retriever/stores/chunks/ids.ts";
import {
  type ChunkBatch,
  type ChunkStore,
  type ChunkWrite,
  type ChunkWriter,
  type MomentPrecision,
  mostLookedUp,
  type StoredChunk,
  type VerifyLevel,
  type WholeBatch,
  type WholeChunk,
} from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import { readSide, readThrough } from "#compare/read-side.ts";
import { inTime, withRetries } from "#compare/retry.ts";
import type { RunDeps } from "#compare/run-deps.ts";
import { makeThrottle } from "#core/throttle.ts";
import { decideWrite, isLeft, type Left, respelledAs } from "#repair/decide.ts";
import { findRespelled } from "#repair/find-chunks.ts";
import type { RepairPlan } from "#repair/plan.ts";
import { makeSpellings } from "#repair/spellings.ts";
import { isHeld } from "./is-held.ts";

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
  /** How finely the destination declares to hold moments, where it says so. */
  readonly heldBy?: MomentPrecision | undefined;
};
type FillDeps = Pick<RunDeps, "clock" | "pause" | "random" | "onNote"> & {
  readonly source: { readonly store: ChunkStore; readonly writer: ChunkWriter };
  readonly destination: { readonly store: ChunkStore; readonly writer: ChunkWriter };
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
  readonly plan: Pick<RepairPlan, "from" | "to" | "momentPrecision">;
  readonly spellings: ReturnType<typeof makeSpellings>;
  idle: number;
};

/** Rejects with a RetrieverError, and at the signal; what was written until then stays. */
export async function fill(options: FillOptions, deps: FillDeps, signal: AbortSignal): Promise<Filled> {
  const filled: Filled = { read: 0, held: 0, written: 0, replaced: 0, refused: [] };
  const { source, destination } = deps;
  const plan: Run["plan"] = {
    from: { name: "source", identity: source.store.identity },
    to: { name: "destination", identity: destination.store.identity },
    momentPrecision: "microsecond",
  };
  const run: Run = { options, deps, signal, filled, plan, spellings: makeSpellings([]), idle: 0 };
  const side = { cursor: null, isDone: false };
  while (!side.isDone && filled.refused.length < mostRefused) {
    if (!options.isEmpty || side.cursor !== null) await skipHeld(run, side);
    if (!side.isDone) await writeFrom(run, side);
  }
  return filled;
}

type Side = { cursor: string | null; isDone: boolean };

/** The level at which ids and moments are asked for. */
function levelOf({ options }: Run): "ids" | "fresh" {
  return options.level === "ids" ? "ids" : "fresh";
}

/** Passes over pages of which the destination holds every chunk. */
async function skipHeld(run: Run, side: Side): Promise<void> {
  const { options, deps, signal, filled } = run;
  const onBatch = async (batch: ChunkBatch): Promise<boolean> => {
    for (let start = 0; start < batch.count; start += mostLookedUp) {
      const rows = Array.from({ length: Math.min(mostLookedUp, batch.count - start) }, (_, index) => start + index);
      const ids = rows.map((row) => idTextAt(batch, row));
      const held = await withRetries(
        () => inTime(signal, batchDeadlineMs, (limit) => momentsOf(run, ids, limit)),
        deps,
        signal,
      );
      const isKnown = (row: number, index: number): boolean =>
        isHeld(momentOf(batch.updatedAtMs[row]), held.get(ids[index] ?? ""), options.heldBy);
      if (!rows.every(isKnown)) return true;
    }
    filled.read += batch.count;
    filled.held += batch.count;
    deps.onProgress(filled);
    return false;
  };
  const { rowsPerSecond } = options;
  const reading = { store: deps.source.store, level: levelOf(run), sinceMs: null, side, onBatch };
  await readSide({ ...reading, options: { rowsPerSecond, pageSize: skippedPage } }, deps, signal);
}

function momentOf(ms: number | undefined): number | null {
  return ms === undefined || Number.isNaN(ms) ? null : ms;
}

/** Moments of those of the ids that the destination holds, in ms; null: without one. */
async function momentsOf(run: Run, ids: readonly string[], limit: AbortSignal): Promise<Map<string, number | null>> {
  const found = await run.deps.destination.store.lookUp(ids, levelOf(run), limit);
  return new Map(found.map(({ id, updatedAtMs }) => [id, updatedAtMs]));
}

/** Reads chunks whole and writes them, until the source ends or the destination holds them one after the other. */
async function writeFrom(run: Run, side: Side): Promise<void> {
  const { options, deps, signal, filled } = run;
  const { rowsPerSecond, batchSize, atOnce } = options;
  // Several batches at once work the destination as much as one that takes so many times as long.
  const throttle = makeThrottle(rowsPerSecond === null ? null : rowsPerSecond / atOnce);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  run.idle = 0;
  const work = async (batch: WholeBatch): Promise<void> => {
    const startedAt = deps.clock.monotonicMs();
    await withRetries(
      () => inTime(signal, batchDeadlineMs, (limit) => writeBatch(run, batch.chunks, limit)),
      deps,
      signal,
    );
    const tookMs = deps.clock.monotonicMs() - startedAt;
    deps.onProgress(filled);
    const rest = throttle.pauseAfter(batch.count, tookMs * atOnce, tookMs);
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
  const scan = (after: string | null, limit: AbortSignal) =>
    deps.source.writer.scan({ after, pageSize: batchSize, vectors: deps.destination.writer.vectors }, limit);
  try {
    await readThrough({ scan, rowsPerSecond, side, onBatch }, deps, signal);
  } finally {
    await Promise.all(running);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

/** Asks again what is held, so that it can be repeated after a failure. */
async function writeBatch(run: Run, chunks: readonly WholeChunk[], limit: AbortSignal): Promise<void> {
  const { options, deps, filled } = run;
  const { writer } = deps.destination;
  // Whoever else writes to a store that was empty is heeded by the statement that adds.
  const ids = options.isEmpty ? [] : chunks.map(({ id }) => id);
  const held = ids.length === 0 ? new Map<string, number | null>() : await momentsOf(run, ids, limit);
  const lacking = chunks.filter(({ id }) => !held.has(id));
  const left: Left[] = await findOtherwise(run, lacking, limit);
  const otherwise = new Set(left.map(({ id }) => id));
  const missing = lacking.filter(({ id }) => !otherwise.has(id));
  const isOlder = ({ id, updatedAt }: WholeChunk): boolean =>
    held.has(id) && !isHeld(typeof updatedAt === "string" ? readMoment(updatedAt) : null, held.get(id), options.heldBy);
  // A store that says of no chunk when it was written may hold what is newer.
  const older = options.level === "ids" ? [] : chunks.filter(isOlder);
  run.idle = missing.length + older.length === 0 ? run.idle + 1 : 0;
  const refused = await writer.load(missing, limit);
  const replaced = await replace(run, older, limit);
  left.push(...refused, ...replaced);
  filled.read += chunks.length;
  filled.held += chunks.length - lacking.length - older.length;
  filled.written += missing.length - refused.length;
  filled.replaced += older.length - replaced.length;
  filled.refused.push(...left.filter(({ why }) => why === "refused"));
}

/** Chunks that the destination holds under another spelling of their ids. One that was empty holds what was copied. */
async function findOtherwise(
  { options, deps, plan, spellings }: Run,
  lacking: readonly WholeChunk[],
  limit: AbortSignal,
) {
  if (options.isEmpty) return [];
  const writers = { source: deps.source.writer, destination: deps.destination.writer };
  const question = { ids: lacking.map(({ id }) => id), there: "destination", here: "source" } as const;
  const found = await findRespelled({ deps: { writers }, spellings }, question, limit);
  return Array.from(found, ([id, other]): Left => ({ id, why: "refused", reason: respelledAs(plan, other) }));
}

/** Writes over chunks that are older still, and are what is read of them now. */
async function replace({ deps, plan }: Run, older: readonly WholeChunk[], limit: AbortSignal): Promise<Left[]> {
  const { writer } = deps.destination;
  const found = Map.groupBy(
    await writer.fetch(
      older.map(({ id }) => id),
      limit,
    ),
    ({ id }) => id,
  );
  const decided = older.map((chunk) => decideOver(plan, chunk, found.get(chunk.id) ?? []));
  const writes = decided.filter((each): each is ChunkWrite => !isLeft(each));
  return [...decided.filter((each) => isLeft(each)), ...(await writer.write(writes, limit))];
}

function decideOver(plan: Run["plan"], chunk: WholeChunk, to: readonly StoredChunk[]) {
  const { id, updatedAt } = chunk;
  const [held] = to;
  const seen = {
    id,
    kind: "stale",
    namespace: null,
    sourceUpdatedAt: updatedAt ?? null,
    destinationUpdatedAt: held?.updatedAt ?? null,
    ...(held === undefined ? {} : { destinationVersion: held.version }),
  } as const;
  return decideWrite(plan, seen, { from: [{ ...chunk, version: "" }], to });
}
