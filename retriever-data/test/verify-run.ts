// One run over two stores in memory, with a clock that pauses move on.
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { type Findings, runVerification } from "#compare/run.ts";
import type { ReportFiles, RunDeps, RunOptions } from "#compare/run-deps.ts";
import type { MemoryChunkStore } from "./memory-chunk-store.ts";

export type MemoryFiles = ReportFiles & { readonly held: Map<string, Buffer>; isFull: boolean };

/** A report folder in memory, full on demand. */
export function makeMemoryFiles(): MemoryFiles {
  const held = new Map<string, Buffer>();
  const files: MemoryFiles = {
    held,
    isFull: false,
    read: async (name) => held.get(name) ?? null,
    write: async (name, content) => {
      if (files.isFull) throw new RetrieverError({ code: "RETR_VERIFY_FOLDER_UNWRITABLE", message: "full (ENOSPC)" });
      held.set(name, Buffer.from(content));
    },
    remove: async (name) => {
      held.delete(name);
    },
  };
  return files;
}

export const startMs = Date.UTC(2026, 5, 1);

type Change = Partial<Omit<RunOptions, "scope">> & {
  readonly scope?: Partial<VerifyReport["scope"]>;
  readonly deps?: Partial<RunDeps>;
  readonly signal?: AbortSignal;
};

/** Runs with small pages; the wall clock stands still but for pauses. */
export async function runOver(
  source: MemoryChunkStore,
  destination: MemoryChunkStore,
  { scope, deps, signal = new AbortController().signal, ...options }: Change = {},
): Promise<Findings> {
  let nowMs = startMs;
  const run: RunOptions = {
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5, ...scope },
    fields: [],
    rowsPerSecond: null,
    pageSize: 10,
    cells: 3000,
    isResumed: false,
    checkpointMs: 60_000,
    ...options,
  };
  const all: RunDeps = {
    stores: { source, destination },
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    random: () => 0.5,
    pause: async (ms) => {
      nowMs += ms;
    },
    files: null,
    onProgress: () => {},
    onNote: () => {},
    ...deps,
  };
  return runVerification(run, all, signal);
}
