// V4: what the application's searches feel while the same Postgres is read through at the usual pace.
import { setTimeout as pause } from "node:timers/promises";
import { loadPgvector } from "#stores/postgres.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { eventually } from "#support/eventually.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { type Place, placeOf, startVerify } from "#support/verify/verify-process.ts";
import { amount, estimated, most, type Row } from "../report/rows.ts";
import { median, ratios } from "../report/statistics.ts";
import { type Scene, tableAdapter } from "./scene.ts";
import { searchFor } from "./searches.ts";

const sliceMs = 1500;
/** A run has begun to read when it says so; the compiler is done a little later. */
const settleMs = 300;

type Slices = { readonly without: number[]; readonly during: number[]; readonly again: number[] };

/** Rounds of three slices in changing order: without, during, and without once more as null row. */
export async function measureLatency(scene: Scene): Promise<Row> {
  const { sizes, postgres, say } = scene;
  const dataset = loadDataset();
  await loadPgvector(postgres.connectionString, { schema: "public", table: "bench_served" }, dataset);
  const sidecar = await startSidecar({ base: { primary: tableAdapter(scene, "served") } });
  const place = placeOf(tableAdapter(scene, "source"), tableAdapter(scene, "copy"));
  const search = () => searchMs(sidecar.appUrl, dataset);
  const slices: Slices = { without: [], during: [], again: [] };
  try {
    await search();
    for (let round = 0; round < sizes.rounds; round += 1) {
      const names = ["without", "during", "again"] as const;
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        slices[name].push(name === "during" ? await whileVerifying(place, search) : await search());
      }
      say(`V4 ${round + 1} of ${sizes.rounds}`);
    }
  } finally {
    await sidecar.stop();
    place.remove();
  }
  const { without, during, again } = slices;
  return {
    id: "V4",
    parts: [
      estimated("median latency of searches, while verify runs / without", ratios(during, without), most(1.2)),
      estimated("null row: without / without", ratios(again, without), null),
      amount("ms, median latency without", median(without), null, { n: without.length }),
      amount("ms, median latency while verify runs", median(during), null, { n: during.length }),
    ],
  };
}

async function whileVerifying(place: Place, search: () => Promise<number>): Promise<number> {
  const { output, isRunning, signal, ended } = await startVerify(place, ["--level", "fresh"]);
  try {
    await eventually("verify reads", async () => output().includes('"read"'), {
      everyMs: 5,
      isOver: () => !isRunning(),
    });
    await pause(settleMs);
    const latency = await search();
    // What ended early wasn't measured against.
    if (!isRunning()) throw new Error(`verify ended before it was measured:\n${output().slice(-2000)}`);
    return latency;
  } finally {
    signal("SIGKILL");
    await ended;
  }
}

/** The median of their latencies, ms. */
async function searchMs(appUrl: string, dataset: Dataset): Promise<number> {
  const { latencies, failures, failuresByReason } = await searchFor(appUrl, dataset, sliceMs);
  if (failures > 0) throw new Error(`searches failed: ${JSON.stringify(failuresByReason)}`);
  return median(latencies);
}
