// `make bench-operator`: what the operator promises about pods, leaders and many migrations, on the embedded cluster.
// The operator is its real process over HTTPS; what stands beside it is said in README.md.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { endOnSignals } from "#support/process/start-process.ts";
import { isMissed, printRows, type Row, summaryOf } from "../report/rows.ts";
import { measureAcknowledge } from "./acknowledge.ts";
import { measureBusy } from "./busy-migrations.ts";
import { measureMany } from "./many-migrations.ts";
import { acknowledgeRow, busyRows, manyRow, memoryRow, takeoverRow } from "./report.ts";
import { measureTakeovers } from "./takeovers.ts";

const rowNames = ["K2", "K4", "K5", "E6"] as const;
type RowName = (typeof rowNames)[number];

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string", multiple: true, default: [] } },
});
const demanded = { pods: 50, trials: 200 };
const sizes = values.quick
  ? {
      pods: 4,
      runs: 1,
      trials: 6,
      worlds: 2,
      few: 20,
      many: 60,
      restarts: 1,
      idleMs: 5000,
      busy: { idle: 20, sampling: 5, pods: 100, seconds: 20 },
    }
  : {
      pods: 50,
      runs: 3,
      trials: 200,
      worlds: 6,
      few: 200,
      many: 1000,
      restarts: 3,
      idleMs: 30_000,
      busy: { idle: 200, sampling: 50, pods: 1000, seconds: 60 },
    };
/** No trial begins after so long, so that the whole ends in time on any machine. */
const takeoverLimitMs = values.quick ? 120_000 : 300_000;

const startedAt = performance.now();
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
function sayWithTime(text: string): void {
  say(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}`);
}

const measures: Readonly<Record<RowName, (directory: string) => Promise<readonly Row[]>>> = {
  K2: async (directory) => {
    const { pods, runs } = sizes;
    return [acknowledgeRow(await measureAcknowledge({ directory, pods, runs, say: sayWithTime }), demanded.pods)];
  },
  K4: async (directory) => {
    const { trials, worlds } = sizes;
    const onTrial = (done: number): void => {
      if (done % 20 === 0 || values.quick) sayWithTime(`${done} takeovers`);
    };
    const options = { directory, trials, worlds, limitMs: takeoverLimitMs, random: Math.random, onTrial };
    const takeovers = await measureTakeovers(options);
    for (const why of new Set(takeovers.voided)) say(`proved nothing: ${why}`);
    return [takeoverRow(takeovers, demanded.trials)];
  },
  K5: async (directory) => {
    const { few, many, restarts, idleMs } = sizes;
    const figures = await measureMany({ directory, few, many, restarts, idleMs, say: sayWithTime });
    const kinds = [...figures.idle.grown].map(([kind, count]) => `${count} ${kind}`).join(", ");
    say(`API requests while idle, a list every 3 s instead of every 60 s: ${kinds}`);
    return [manyRow(figures, sizes), memoryRow(figures, few)];
  },
  E6: async (directory) => {
    const figures = await measureBusy({ directory, ...sizes.busy, say: sayWithTime });
    const asked = [...figures.requests].toSorted((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
    say(`API requests in ${sizes.busy.seconds} s: ${asked.join(", ")}`);
    return busyRows(figures, sizes.busy);
  },
};

async function run(): Promise<void> {
  const unknown = values.only.filter((name) => !rowNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(
      `--only: got ${unknown.join(", ")}, expected ${rowNames.join(", ")} (K7 comes with K5, E7 with E6)`,
    );
  const directory = await mkdtemp(join(tmpdir(), "retriever-bench-operator-"));
  const rows: Row[] = [];
  try {
    for (const name of rowNames) {
      if (values.only.length === 0 || values.only.includes(name))
        rows.push(...(await measures[name](join(directory, name))));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  say(printRows(rows));
  if (values.quick) say("quick: too few pods, trials and migrations; nothing here counts.");
  say(JSON.stringify(summaryOf(rows)));
  process.exitCode = isMissed(rows) ? 1 : 0;
}

endOnSignals();
await run();
