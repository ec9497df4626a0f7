#!/usr/bin/env node
// Measures K1 and prints each run; the last line is JSON. Options: --runs=N (20), --together=N (4), --webhook.
import { parseArgs } from "node:util";
import { openAlertStage } from "#stories/alerts/alert-stage.ts";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { median } from "../report/statistics.ts";
import { type K1Run, measureRun } from "./k1.ts";

const limitMs = 10_000;
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    together: { type: "string", default: "4" },
    webhook: { type: "boolean", default: false },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<boolean> {
  const binaries = findBinaries();
  if ("missing" in binaries) {
    say(JSON.stringify({ k1: { skipped: binaries.missing } }));
    return process.env["CI"] !== "1";
  }
  const runs = await measure(Number(values.runs), { together: Number(values.together), binaries });
  const figures = { webhook: values.webhook, runs: runs.length, ...summarize(runs), limitMs };
  say(JSON.stringify({ k1: { ...figures, met: figures.firingToIntentMs.max <= limitMs } }));
  return figures.firingToIntentMs.max <= limitMs;
}

type Binaries = Exclude<ReturnType<typeof findBinaries>, { missing: string }>;

/** So many at a time, on one cluster with one operator. */
async function measure(
  count: number,
  { together, binaries }: { readonly together: number; readonly binaries: Binaries },
): Promise<K1Run[]> {
  const stage = await openAlertStage({ name: "k1", binaries, webhook: values.webhook });
  // An interrupt ends what was started, too.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(130)));
  try {
    const names = Array.from({ length: count }, (_, index) => `k1-${index + 1}`);
    const runs: K1Run[] = [];
    const work = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        const run = await measureRun(stage, name);
        runs.push(run);
        say(
          `${name}: firing to intent ${run.firingToIntentMs.toFixed(0)} ms; before it, for ${run.forMs.toFixed(0)} ms and degraded to active ${run.degradedToActiveMs.toFixed(0)} ms`,
        );
      }
    };
    await Promise.all(Array.from({ length: together }, work));
    return runs;
  } finally {
    await stage.close();
  }
}

function summarize(runs: readonly K1Run[]) {
  const spread = (of: (run: K1Run) => number) => {
    const values = runs.map(of);
    return {
      min: Math.round(Math.min(...values)),
      median: Math.round(median(values)),
      max: Math.round(Math.max(...values)),
    };
  };
  return {
    firingToIntentMs: spread((run) => run.firingToIntentMs),
    forMs: spread((run) => run.forMs),
    degradedToActiveMs: spread((run) => run.degradedToActiveMs),
  };
}

process.exitCode = (await main()) ? 0 : 1;
