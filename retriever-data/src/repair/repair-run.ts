// What the steps of a repair share: stores, pace, batches and their deadlines.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { ChunkStore, ChunkWriter } from "@retriever/stores/ports/chunk-store.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { deadline } from "#compare/retry.ts";
import { makeThrottle } from "#core/throttle.ts";
import type { RepairPlan } from "./plan.ts";

export type RepairProgress = {
  readonly step: "checking" | "writing" | "removing" | "verifying";
  readonly done: number;
  readonly total: number;
};
export type RepairDeps = {
  readonly stores: Readonly<Record<StoreName, ChunkStore>>;
  readonly writers: Readonly<Record<StoreName, ChunkWriter>>;
  readonly clock: Clock;
  /** Resolves after `ms`, or rejects at the signal. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onProgress: (progress: RepairProgress) => void;
};
export type Run = {
  readonly plan: RepairPlan;
  readonly deps: RepairDeps;
  /** Null: as fast as the stores are. */
  readonly rowsPerSecond: number | null;
  readonly signal: AbortSignal;
  /** What else a chunk may be called in the other store. */
  readonly spellings: (id: string) => readonly string[];
  /** Whether the store that the data comes from finds what it surely has; asked once. */
  readonly findsItsOwn: (limit: AbortSignal) => Promise<boolean>;
};
type Work = (batch: readonly Difference[], limit: AbortSignal) => Promise<void>;
type Share = { readonly size: number; readonly all: readonly Difference[]; readonly isStopped?: () => boolean };

/** For everything that is done with one batch. */
export const batchDeadlineMs = 60_000;

/** Works through `all`, at the pace of the run, until it is stopped. */
export async function inBatches(run: Run, step: RepairProgress["step"], { size, all, isStopped }: Share, work: Work) {
  const { deps, rowsPerSecond, signal } = run;
  // A step takes its own time, by which no other one is slow.
  const throttle = makeThrottle(rowsPerSecond);
  for (let start = 0; start < all.length; start += size) {
    if (isStopped?.() === true) return;
    const batch = all.slice(start, start + size);
    signal.throwIfAborted();
    const startedAt = deps.clock.monotonicMs();
    await work(batch, deadline(signal, batchDeadlineMs));
    const tookMs = deps.clock.monotonicMs() - startedAt;
    const pauseMs = throttle.pauseAfter(batch.length, tookMs, tookMs);
    if (pauseMs > 0) await deps.pause(pauseMs, signal);
    deps.onProgress({ step, done: Math.min(all.length, start + size), total: all.length });
  }
}
