// One pass of `sync`: reads by id and moment what the source says was written since the last whole pass began, and brings
// what the destination lacks or has older. No moment that a chunk bears decides where the next pass begins, so that one of
// the year 2099 hides nothing.
import { type ChunkBatch, mostLookedUp, type StoreClock } from "@retriever/stores/ports/chunk-store.ts";
import { makePace, type Pace } from "#compare/pace.ts";
import { readSide } from "#compare/read-side.ts";
import { inTime, withRetries } from "#compare/retry.ts";
import type { Both, RunDeps } from "#compare/run-deps.ts";
import { mostRefused } from "#copy/fill.ts";
import { isHeldExactly } from "#copy/is-held.ts";
import { dueFrom, type Sending, type Side, sendChunks } from "#copy/send-chunks.ts";
import type { SideState } from "#core/run-state.ts";
import { makeThrottle } from "#core/throttle.ts";
import type { Left } from "#repair/decide.ts";

type FollowOptions = {
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
  /** How long before the last pass each one begins: as long as a write may take to be seen. */
  readonly overlapMs: number;
};
type FollowDeps = Pick<RunDeps, "clock" | "pause" | "random" | "onNote"> & Both<Side> & Pick<Sending, "onSeen">;
export type FollowState = {
  /** When the last whole pass began, by our own clock; before the first, when following began. */
  begunMs: number;
  /** Until when the source was seen then, by its own clock; null before the first. */
  sourceMs: number | null;
  /** How far back that was: a standby sees what it has replayed. */
  behindMs: number;
  /** Chunks that are due whatever their moment, with why the destination refuses them; null: somebody else wrote them meanwhile. */
  readonly waiting: Map<string, string | null>;
  /** Chunks found due and not written yet. */
  backlog: number;
  passes: number;
  written: number;
  replaced: number;
};

const batchSize = 500;
const batchDeadlineMs = 60_000;
const pageSize = 10_000;
/** Ids that are kept before they are written: what follows is read behind them. */
const mostDue = 50_000;

type Run = {
  readonly state: FollowState;
  readonly deps: FollowDeps;
  readonly signal: AbortSignal;
  readonly to: Sending;
  readonly throttle: ReturnType<typeof makeThrottle>;
  /** Of look-ups in the destination. */
  readonly paced: Pace;
};

export function beginFollowing(begunMs: number): FollowState {
  return { begunMs, sourceMs: null, behindMs: 0, waiting: new Map(), backlog: 0, passes: 0, written: 0, replaced: 0 };
}

/** Rejects with a RetrieverError, and at the signal: the next pass begins where this one did. */
export async function followOnce(
  state: FollowState,
  { rowsPerSecond, overlapMs }: FollowOptions,
  deps: FollowDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, source } = deps;
  const begunMs = clock.monotonicMs();
  const { nowMs, seenMs: sourceMs } = await readClock(deps, signal);
  // A clock that was set in between is never believed to have skipped anything.
  const lastMs = Math.min(sourceMs - (begunMs - state.begunMs), state.sourceMs ?? sourceMs);
  const to = { ...deps, level: "fresh", isEmpty: false, isHeld: isHeldExactly } as const;
  const paced = makePace(rowsPerSecond, deps);
  const run: Run = { state, deps, signal, to, throttle: makeThrottle(rowsPerSecond), paced };
  const waiting = waitingIn(state);
  await bring(run, waiting);
  const tried = new Set(waiting);
  const side: SideState = { cursor: null, isDone: false };
  while (!side.isDone) {
    const due: string[] = [];
    const onBatch = async (batch: ChunkBatch): Promise<boolean> => {
      if (due.length >= mostDue) return true;
      due.push(...(await dueIn(run, batch)).filter((id) => !tried.has(id)));
      return false;
    };
    const reading = {
      store: source.store,
      level: "fresh",
      sinceMs: Math.floor(lastMs - overlapMs),
      side,
      onBatch,
    } as const;
    await readSide({ ...reading, options: { rowsPerSecond, pageSize } }, deps, signal);
    await bring(run, due);
  }
  state.begunMs = begunMs;
  state.sourceMs = sourceMs;
  state.behindMs = nowMs - sourceMs;
  state.passes += 1;
}

/** Of the source, or our own where it tells none. */
export function readClock(
  { source: { store }, ...deps }: Pick<FollowDeps, "source" | "clock" | "pause" | "random">,
  signal: AbortSignal,
): Promise<StoreClock> {
  const ask = async (limit: AbortSignal): Promise<StoreClock> => {
    const wallMs = deps.clock.wallMs();
    return (await store.clock?.(limit)) ?? { nowMs: wallMs, seenMs: wallMs };
  };
  return withRetries(() => inTime(signal, batchDeadlineMs, ask), deps, signal);
}

/** A batch of the refused ones at a time: each costs turns to the store. The longest untried come first. */
function waitingIn({ waiting }: FollowState): string[] {
  const ids = [...waiting.keys()];
  const refused = ids.filter((id) => waiting.get(id) !== null);
  return [...ids.filter((id) => waiting.get(id) === null), ...refused.slice(0, batchSize)];
}

async function dueIn({ to, deps, signal, paced }: Run, batch: ChunkBatch): Promise<string[]> {
  const due: string[] = [];
  for (let start = 0; start < batch.count; start += mostLookedUp) {
    const ask = () => inTime(signal, batchDeadlineMs, (limit) => dueFrom(to, batch, start, limit));
    const rows = Math.min(mostLookedUp, batch.count - start);
    due.push(...(await withRetries(() => paced(rows, signal, ask), deps, signal)));
  }
  return due;
}

/** Reads the chunks whole and writes them, batch by batch. */
async function bring(run: Run, ids: readonly string[]): Promise<void> {
  const { state, deps, signal, throttle } = run;
  state.backlog = ids.length;
  for (let start = 0; start < ids.length; start += batchSize) {
    const batch = ids.slice(start, start + batchSize);
    const startedAt = deps.clock.monotonicMs();
    await withRetries(() => inTime(signal, batchDeadlineMs, (limit) => bringBatch(run, batch, limit)), deps, signal);
    state.backlog -= batch.length;
    const tookMs = deps.clock.monotonicMs() - startedAt;
    const rest = throttle.pauseAfter(batch.length, tookMs, tookMs);
    if (rest > 0) await deps.pause(rest, signal);
  }
}

async function bringBatch({ state, deps, to }: Run, ids: readonly string[], limit: AbortSignal): Promise<void> {
  const found = Map.groupBy(await deps.source.writer.fetch(ids, limit), ({ id }) => id);
  // One that the source holds no more is none; a full verification removes it.
  const single = [...found.values()].flatMap(([chunk, ...more]) =>
    chunk === undefined || more.length > 0 ? [] : chunk,
  );
  const { written, replaced, left } = await sendChunks(to, single, limit);
  state.written += written;
  state.replaced += replaced;
  for (const id of ids) state.waiting.delete(id);
  const doubled = [...found].flatMap(([id, { length }]): Left[] => (length > 1 ? [{ id, ...ofDoubles }] : []));
  for (const { id, why, reason = null } of [...left, ...doubled])
    if (why === "refused" || why === "changed") keepWaiting(state, id, reason);
}

const ofDoubles = { why: "refused", reason: "the source holds it more than once; remove the doubles" } as const;

/** Beyond so many they are no chunks' fault, and a full verification finds what isn't kept here. */
export function keepWaiting({ waiting }: FollowState, id: string, reason: string | null): void {
  if (waiting.has(id) || waiting.size < mostRefused) waiting.set(id, reason);
}
