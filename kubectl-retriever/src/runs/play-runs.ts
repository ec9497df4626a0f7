// Many seeds of one rehearsal on worker threads: all processors are used, and the main thread stays free for an interrupt.
import { Worker } from "node:worker_threads";
import type { RehearsedMigration } from "#rehearse/manifest.ts";
import type { Outcome } from "#rehearse/outcome.ts";
import type { Scenario } from "#scenario/scenario.ts";

/** What every run plays. */
export type Play = { readonly migration: RehearsedMigration; readonly scenario: Scenario };

export type Run = { readonly outcome: Outcome; readonly exitCode: number };

type HowToRun = {
  readonly workers: { readonly count: number; readonly entry: URL };
  readonly signal: AbortSignal;
  /** After each run, with how many were played. */
  readonly onPlayed: (played: number) => void;
};

/**
 * The runs in the order of their seeds, whichever worker played them: the same at any number of workers. Aborted: those
 * that were played until then. Rejects when a worker fails.
 */
export async function playRuns(play: Play, seeds: readonly number[], how: HowToRun): Promise<readonly Run[]> {
  const waiting = [...seeds];
  const runs = new Map<number, Run>();
  const workers = Array.from(
    { length: Math.min(how.workers.count, seeds.length) },
    () => new Worker(how.workers.entry, { workerData: play }),
  );
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()));
  const playAll = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const next = () => {
        const seed = waiting.shift();
        if (seed === undefined) return resolve();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
        worker.postMessage(seed);
      };
      worker.on("message", (run: Run) => {
        runs.set(run.outcome.seed, run);
        how.onPlayed(runs.size);
        next();
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
      next();
    });
  const onAbort = () => void stop();
  how.signal.addEventListener("abort", onAbort);
  try {
    if (!how.signal.aborted) await Promise.all(workers.map(playAll));
  } finally {
    how.signal.removeEventListener("abort", onAbort);
    await stop();
  }
  return seeds.flatMap((seed) => runs.get(seed) ?? []);
}
