// What a run gets from outside: stores, time, chance, files, and where it reports its progress.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { AgreedFields, ChunkBatch, ChunkStore, StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import type { RunStep } from "#core/run-state.ts";

export type Both<T> = Readonly<Record<StoreName, T>>;

export type RunOptions = {
  readonly scope: VerifyReport["scope"];
  readonly fields: AgreedFields;
  /** Bound on the rate at which each store is read; null: none, and no pauses either. */
  readonly rowsPerSecond: number | null;
  readonly pageSize: number;
  /** Cells of the table. */
  readonly cells: number;
  /** Go on from a checkpoint when there is one. */
  readonly isResumed: boolean;
  readonly checkpointMs: number;
};

export type RunProgress = {
  readonly step: RunStep;
  readonly part: number;
  readonly parts: number;
  /** Chunks read in this pass (while confirming: ids settled), and how many there are as far as is known. */
  readonly read: Both<number>;
  readonly total: Both<number | null>;
  readonly suspects: number;
};

/** Where a verification leaves its report and its checkpoints. */
export interface ReportFiles {
  /** Null when there is no such file. Rejects with RETR_VERIFY_FOLDER_UNWRITABLE when it can't be read. */
  read(name: string): Promise<Buffer | null>;
  /** Whole or not at all: a reader finds the old content until then. Rejects with RETR_VERIFY_FOLDER_UNWRITABLE. */
  write(name: string, content: Buffer | string): Promise<void>;
  /** No error when there is none. */
  remove(name: string): Promise<void>;
}

export type RunDeps = {
  readonly stores: Both<ChunkStore>;
  readonly clock: Clock;
  readonly random: Random;
  /** Resolves after `ms`, or rejects at the signal. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Null: no checkpoints. */
  readonly files: ReportFiles | null;
  readonly onProgress: (progress: RunProgress) => void;
  /** Sees every chunk of the source once. */
  readonly onSourceBatch?: (batch: ChunkBatch) => void;
  /** A line for people and logs; never data. */
  readonly onNote: (note: string) => void;
};

export type Descriptions = Both<StoreDescription>;

export const storeNames = ["source", "destination"] as const satisfies readonly StoreName[];
export const checkpointFile = "checkpoint.bin";

/** The work on both stores at once; when one fails the other is ended too, and the first failure is thrown. */
export async function onBoth<T>(
  signal: AbortSignal,
  work: (name: StoreName, signal: AbortSignal) => Promise<T>,
): Promise<Both<T>> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  let first: { readonly error: unknown } | undefined;
  const run = async (name: StoreName): Promise<T | undefined> => {
    try {
      return await work(name, either);
    } catch (error) {
      first ??= { error };
      failing.abort();
      return undefined;
    }
  };
  const [source, destination] = await Promise.all([run("source"), run("destination")]);
  if (first !== undefined) throw first.error;
  return { source: source as T, destination: destination as T };
}
