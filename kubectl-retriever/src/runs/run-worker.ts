// A worker thread that plays one seed after another and answers with what became of each.
import { parentPort, workerData } from "node:worker_threads";
import { exitCodeOfRehearsal } from "#output/exit-codes.ts";
import { outcomeOf } from "#rehearse/outcome.ts";
import { rehearse } from "#rehearse/rehearse.ts";
import type { Play, Run } from "./play-runs.ts";

const { migration, scenario } = workerData as Play;

parentPort?.on("message", (seed: number) => {
  const rehearsal = rehearse(migration, scenario, seed);
  const run: Run = { outcome: outcomeOf(rehearsal, scenario, seed), exitCode: exitCodeOfRehearsal(rehearsal) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(run);
});
