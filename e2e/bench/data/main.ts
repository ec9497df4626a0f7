// `make bench-verify` and `make bench-data`: what verification and repair promise, and what a copy does, measured on a real
// Postgres; Qdrant where QDRANT_URL names one.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { postgresNames } from "#stores/postgres.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { amount, isMissed, least, printRows, type Row, summaryOf } from "../report/rows.ts";
import { measureCopyKills } from "./copy-kills.ts";
import { measureCopyLatency } from "./copy-latency.ts";
import { measureCopyMemory, measureCopyRates } from "./copy-rates.ts";
import { measureCorrectness } from "./correctness.ts";
import { measureDifferenceState } from "./difference-state.ts";
import { measureKills } from "./kills.ts";
import { measureLatency } from "./latency.ts";
import { type Scene, type Sizes, startScene } from "./scene.ts";
import { measureAfterCutover } from "./sync-after-cutover.ts";
import { measureThroughput } from "./throughput.ts";
import { measureBesideWriters, measureBulk, measureVerdicts } from "./verdicts.ts";
import { measureWrites } from "./writes.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const full: Sizes = {
  rows: 1_000_000,
  standInRows: 200_000,
  fewRows: 200_000,
  streamIds: 10_000_000,
  streamDifferences: 50_000,
  faults: 100,
  rounds: 15,
  kills: 20,
  copyRows: 200_000,
  copyRounds: 6,
  copyKills: 30,
  copiedIds: 10_000_000,
};
const quick: Sizes = {
  rows: 50_000,
  standInRows: 20_000,
  fewRows: 20_000,
  streamIds: 200_000,
  streamDifferences: 5000,
  faults: 100,
  rounds: 3,
  kills: 4,
  copyRows: 10_000,
  copyRounds: 2,
  copyKills: 4,
  copiedIds: 200_000,
};

const startedAt = performance.now();

function say(text: string): void {
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}

/** In this order: the large tables are equal until the faults are seeded. */
const measurements: readonly (readonly [string, (scene: Scene) => Promise<readonly Row[]>])[] = [
  ["V2", async ({ sizes }) => [await measureDifferenceState(sizes)]],
  ["V3", async (scene) => [await measureThroughput(scene)]],
  ["V4", async (scene) => [await measureLatency(scene)]],
  ["V1 V7", measureCorrectness],
  ["V5", async (scene) => [await measureKills(scene)]],
  ["V6", async (scene) => [await measureWrites(scene)]],
  ["C1", async () => [await measureVerdicts()]],
  ["C2", async () => [await measureBesideWriters()]],
  ["C3", async (scene) => [await measureBulk(scene)]],
  ["C4", async (scene) => [await measureCopyRates(scene)]],
  ["C5", async (scene) => [await measureCopyKills(scene)]],
  ["C6", async ({ sizes }) => [await measureCopyMemory(sizes)]],
  ["C7", async (scene) => [await measureCopyLatency(scene)]],
  ["C8", async (scene) => [await measureAfterCutover(scene)]],
];
/** Those of a copy are asked for by name. */
const usual = ["V1", "V2", "V3", "V4", "V5", "V6", "C1", "C2", "C3"];

async function run(): Promise<void> {
  const only = values.only?.split(",") ?? usual;
  const scene = await startScene(values.quick ? quick : full, Number(values.seed), say);
  const rows: Row[] = [];
  try {
    say(`node ${process.version}; ${postgresNames[scene.postgres.kind]}; seed ${scene.seed}; load ${printLoad()}`);
    for (const [names, measure] of measurements) {
      if (!only.some((name) => names.includes(name))) continue;
      say(names);
      rows.push(...(await measure(scene).catch((error: unknown) => failedRows(names, error))));
    }
  } finally {
    await scene.close();
  }
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  say(`done; load ${printLoad()}`);
  process.stdout.write(`${printRows(rows)}\n`);
  process.stdout.write("Figures of the stand-in prove nothing about Qdrant; QDRANT_URL names a real one.\n");
  if (values.quick) process.stdout.write("quick: small stores and few rounds; times prove nothing.\n");
  process.stdout.write(`${JSON.stringify(summaryOf(rows))}\n`);
  process.exitCode = isMissed(rows) ? 1 : 0;
}

/** What couldn't be measured is shown as that, beside what could. */
function failedRows(names: string, error: unknown): Row[] {
  const text = error instanceof Error ? error.message : String(error);
  say(`${names} failed: ${text}`);
  const part = { ...amount("failed, see above", Number.NaN, least(0)), verdict: "missed" } as const;
  return names.split(" ").map((id) => ({ id, parts: [part] }));
}

function printLoad(): string {
  return loadavg()
    .map((average) => average.toFixed(1))
    .join(" ");
}

endOnSignals();
await run();
