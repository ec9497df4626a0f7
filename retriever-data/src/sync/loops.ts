// The two loops of `sync`, side by side: one follows what is written; the other reads the source through, and then verifies
// everything now and again. No verification holds up what is written meanwhile.
import { faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, MomentPrecision } from "@retriever/stores/ports/chunk-store.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { makeRateLimit } from "#compare/progress.ts";
import { backoffMs } from "#compare/retry.ts";
import type { Both } from "#compare/run-deps.ts";
import type { NamedStores } from "#config/open-stores.ts";
import { fill, mostRefused } from "#copy/fill.ts";
import type { Left } from "#repair/decide.ts";
import { printLeft } from "#repair/print.ts";
import { type CommandDeps, compareStores, exitCodes, writeReport } from "#verify/verify.ts";
import { followOnce, keepWaiting, readClock } from "./follow.ts";
import type { SyncOptions } from "./options.ts";
import { removalsOf } from "./removals.ts";
import { type SyncState, statusOf } from "./status.ts";
import { type Verified, verifyAll } from "./verify-all.ts";

type Places = { readonly stores: Both<ChunkStore>; readonly writers: Both<ChunkWriter> };
export type Sync = {
  readonly options: SyncOptions;
  readonly named: NamedStores;
  /** As the configuration names them now. Throws what reading it throws. */
  readonly renamed: () => NamedStores;
  readonly deps: CommandDeps;
  readonly state: SyncState;
  /** How finely the destination declares to hold moments, where it says so. */
  readonly heldBy: MomentPrecision | undefined;
  readonly following: Places;
  readonly checking: Places;
};

const longestPauseMs = 60_000;
const progressMs = 30_000;
/** A source that is written as fast as it is repaired differs for ever. */
const mostRounds = 4;
const batchSize = 500;

/** Until the signal; what fails is tried again. */
export async function syncForever(sync: Sync): Promise<number> {
  const { options, deps } = sync;
  const isDue = makeRateLimit(deps.clock, progressMs);
  const pass = async (): Promise<number> => {
    await follow(sync);
    if (isDue()) tell(sync, "progress", statusOf(sync.state, deps.clock.monotonicMs()));
    return options.intervalMs;
  };
  const check = async (): Promise<number> => {
    if (!sync.state.isFilled) await readThrough(sync);
    const { begunMs } = await verify(sync);
    return Math.max(options.intervalMs, options.verifyEveryMs - (deps.clock.monotonicMs() - begunMs));
  };
  await Promise.all([
    repeat(sync, { name: "follow", mostPauseMs: longestPauseMs }, pass),
    // A comparison that comes to no end is as much work as one that does.
    repeat(sync, { name: "check", mostPauseMs: Math.max(longestPauseMs, options.verifyEveryMs) }, check),
  ]);
  return exitCodes.equal;
}

/** Reads through, one pass, and verifications until nothing differs or a repair changes nothing. */
export async function syncOnce(sync: Sync): Promise<number> {
  await readThrough(sync);
  await follow(sync);
  for (let round = 1; ; round += 1) {
    const { left, written, removed } = await verify(sync);
    if (left === 0) return exitCodes.equal;
    if (written + removed === 0 || round === mostRounds) return exitCodes.drift;
  }
}

type Loop = { readonly name: keyof SyncState["faults"]; readonly mostPauseMs: number };

/** `step` resolves with how long to wait, ms. Resolves at the signal. */
async function repeat(sync: Sync, { name, mostPauseMs }: Loop, step: () => Promise<number>): Promise<void> {
  const { deps, state } = sync;
  for (let failures = 0; !deps.signal.aborted; ) {
    const begunMs = deps.clock.monotonicMs();
    let restMs: number;
    try {
      restMs = await step();
      failures = 0;
      state.faults[name] = null;
    } catch (error) {
      if (deps.signal.aborted) return;
      failures += 1;
      const fault = faultOf(error);
      if (state.faults[name]?.message !== fault.message) note(sync, `${fault.code}: ${fault.message}; tried again`);
      state.faults[name] = fault;
      const backoff = backoffMs(new RetrieverError(fault), Math.min(failures, 12), deps.random());
      restMs = Math.min(mostPauseMs, Math.max(backoff, deps.clock.monotonicMs() - begunMs));
    }
    await deps.pause(restMs, deps.signal).catch(() => undefined);
  }
}

/** What the source holds by now, so that nothing is missing that was written before following began. */
async function readThrough(sync: Sync): Promise<void> {
  const { options, deps, state, heldBy, checking } = sync;
  const before = { ...state.filled };
  const filled = await fill(
    { level: "vector", rowsPerSecond: options.verify.rowsPerSecond, batchSize, atOnce: 1, isEmpty: false, heldBy },
    {
      ...sidesOf(sync, checking),
      onProgress: ({ written, replaced }) => {
        state.filled.written = before.written + written;
        state.filled.replaced = before.replaced + replaced;
      },
    },
    deps.signal,
  );
  keepRefused(sync, filled.refused);
  if (filled.refused.length >= mostRefused) {
    const message = `so many chunks are refused that it isn't theirs: correct the destination (${filled.refused[0]?.reason})`;
    throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
  }
  state.isFilled = true;
}

async function follow(sync: Sync): Promise<void> {
  const { options, deps, state, following } = sync;
  const { rowsPerSecond, scope } = options.verify;
  const known = new Set(state.follow.waiting.keys());
  const pace = { rowsPerSecond, overlapMs: scope.lagSeconds * 1000 };
  await followOnce(state.follow, pace, sidesOf(sync, following), deps.signal);
  const refused = [...state.follow.waiting].flatMap(([id, reason]): Left[] =>
    known.has(id) || reason === null ? [] : [{ id, why: "refused", reason }],
  );
  noteLeft(sync, refused);
}

async function verify(sync: Sync): Promise<Verified> {
  const { options, named, deps, state, checking } = sync;
  const { clock, pause, signal } = deps;
  const { scope, rowsPerSecond } = options.verify;
  const compare = async () => {
    const report = await compareStores(options.verify, named, deps);
    const fault = await writeReport(report, options.verify, deps);
    // What differs is repaired all the same.
    if (fault !== undefined) note(sync, `${fault.code}: ${fault.message}`);
    return report;
  };
  const repairDeps = { ...checking, clock, pause, onProgress: () => {} };
  const { goesOn, onRemoved, ...removing } = removalsOf(sync, (text) => note(sync, text));
  const repairing = { level: scope.level, lagMs: scope.lagSeconds * 1000, rowsPerSecond, onRefusal: "skip" } as const;
  const { nowMs, seenMs } = await readClock(sidesOf(sync, checking), signal);
  const { verified, stayed, caution } = await verifyAll(
    { ...repairing, mayRemove: goesOn, onRemoved },
    { compare, repairDeps, ...removing },
    signal,
  ).finally(() => (state.removals.isRemoving = false));
  // A comparison with a standby says what was the same when that which it has replayed was new.
  state.verified = { ...verified, begunMs: verified.begunMs - (nowMs - seenMs) };
  state.checked.missed += verified.written;
  keepRefused(sync, stayed);
  if (caution !== null) note(sync, caution);
  const { left, written, removed } = verified;
  tell(sync, "verified", { left, written, removed });
  return verified;
}

/** They are tried again with the next pass. */
function keepRefused(sync: Sync, left: readonly Left[]): void {
  noteLeft(sync, left);
  for (const { id, why, reason = "" } of left) if (why === "refused") keepWaiting(sync.state.follow, id, reason);
}

function sidesOf(sync: Sync, { stores, writers }: Places) {
  const { options, state } = sync;
  const { clock, pause, random } = sync.deps;
  return {
    clock,
    pause,
    random,
    onNote: (text: string) => note(sync, text),
    onSeen: options.deletesExtra ? (id: string, at: number | null) => state.seen.add(id, at) : undefined,
    source: { store: stores.source, writer: writers.source },
    destination: { store: stores.destination, writer: writers.destination },
  };
}

function noteLeft(sync: Sync, left: readonly Left[]): void {
  for (const line of printLeft(left)) note(sync, line.trim());
}

function note(sync: Sync, text: string): void {
  tell(sync, "note", { note: printable(text) });
}

/** A line for people and logs. */
function tell({ deps: { progress } }: Sync, event: string, what: object): void {
  progress.write(`${JSON.stringify({ event, ...what })}\n`);
}
