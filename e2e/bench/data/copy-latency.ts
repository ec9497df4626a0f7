// C7: what the application's searches feel while a copy reads and writes the same Postgres at the usual pace, beside a process
// that uses as much of the processor and no store.
import { setTimeout as pause } from "node:timers/promises";
import { loadPgvector } from "#stores/postgres.ts";
import { loadDataset } from "#support/dataset/read.ts";
import { eventually } from "#support/eventually.ts";
import { startProcess } from "#support/process/start-process.ts";
import { makeRandom } from "#support/random.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { placeOf, startCopy } from "#support/verify/verify-process.ts";
import type { Goal } from "../report/goal.ts";
import { amount, estimated, estimatedAs, most, type Part, type Row } from "../report/rows.ts";
import { quantile, ratioOfQuantiles } from "../report/statistics.ts";
import { readCpuMicros } from "../sidecar/cpu-time.ts";
import { makeTable } from "./corpus.ts";
import { type Scene, tableAdapter } from "./scene.ts";
import { type Searched, searchFor } from "./searches.ts";

/** Hundreds of searches; the p99 is that of all rounds, of which one has but the worst four beyond it. */
const sliceMs = 6000;
const seed = 7;
const settleMs = 1000;
/** Works for so long of each tenth of a second; the argument is the share of a processor. */
const burner = `const share = Number(process.argv[1]);
const turn = () => { const end = performance.now() + 100 * share; while (performance.now() < end); setTimeout(turn, 100 * (1 - share)); };
console.log("{}"); turn();`;

type Slices = { readonly beside: Searched[]; readonly burning: Searched[]; readonly again: Searched[] };

export async function measureCopyLatency(scene: Scene): Promise<Row> {
  const { sizes, postgres, client, say } = scene;
  const dataset = loadDataset();
  await loadPgvector(postgres.connectionString, { schema: "public", table: "bench_served" }, dataset);
  const sidecar = await startSidecar({ base: { primary: tableAdapter(scene, "served") } });
  const search = () => searchFor(sidecar.appUrl, dataset, sliceMs);
  const slices: Slices = { beside: [], burning: [], again: [] };
  const shares: number[] = [];
  try {
    await search();
    for (let round = 0; round < sizes.rounds; round += 1) {
      await makeTable(client, "public.bench_filled", 0);
      const { felt, share } = await whileCopying(scene, search);
      slices.beside.push(felt);
      shares.push(share);
      slices.burning.push(await whileBurning(share, search));
      slices.again.push(await whileBurning(share, search));
      say(`C7 ${round + 1} of ${sizes.rounds}`);
    }
  } finally {
    await sidecar.stop();
  }
  const failures = slices.beside.reduce((sum, felt) => sum + felt.failures, 0);
  return {
    id: "C7",
    parts: [
      p99Ratio("p99 of searches, beside a copy / beside as much CPU", slices.beside, slices.burning, most(1.3)),
      p99Ratio("null row: as much CPU / as much CPU", slices.again, slices.burning, null),
      amount("searches that failed beside a copy", failures, most(0)),
      amount("ms, p99 beside a copy", p99Ms(slices.beside), null),
      amount("ms, p99 beside as much CPU", p99Ms(slices.burning), null),
      estimated("share of a processor that the copy used", shares, null),
    ],
  };
}

function p99Ratio(what: string, of: readonly Searched[], beside: readonly Searched[], goal: Goal | null): Part {
  const [upper, lower] = [of, beside].map((each) => each.map(({ latencies }) => latencies)) as [number[][], number[][]];
  return estimatedAs(what, ratioOfQuantiles(upper, lower, 0.99, makeRandom(seed)), goal);
}

function p99Ms(all: readonly Searched[]): number {
  return quantile(
    all.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b),
    0.99,
  );
}

async function whileCopying(scene: Scene, search: () => Promise<Searched>) {
  const place = placeOf(tableAdapter(scene, "source"), tableAdapter(scene, "filled"));
  const { pid, output, isRunning, signal, ended } = await startCopy(place);
  try {
    await eventually("the copy writes", async () => output("stdout").includes("copy"), {
      everyMs: 20,
      isOver: () => !isRunning(),
    });
    await pause(settleMs);
    const [from, startedAt] = [readCpuMicros(pid), performance.now()];
    const felt = await search();
    // What ended early wasn't measured against.
    if (!isRunning()) throw new Error(`the copy ended before it was measured:\n${output().slice(-2000)}`);
    return { felt, share: (readCpuMicros(pid) - from) / 1000 / (performance.now() - startedAt) };
  } finally {
    signal("SIGKILL");
    await ended;
    place.remove();
  }
}

async function whileBurning(share: number, search: () => Promise<Searched>): Promise<Searched> {
  const { signal, ended } = await startProcess<undefined>({
    command: process.execPath,
    args: ["--eval", burner, String(Math.min(0.95, share))],
  });
  try {
    await pause(settleMs);
    return await search();
  } finally {
    signal("SIGKILL");
    await ended;
  }
}
