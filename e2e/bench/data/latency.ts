// V4: what the application's searches feel while the same Postgres is read through at the usual pace.
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import { loadPgvector } from "#stores/postgres.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { amount, estimated, most, type Row } from "../report/rows.ts";
import { median, ratios } from "../report/statistics.ts";
import { type Scene, tableAdapter } from "./scene.ts";
import { makePlace, type Place, type Running, startVerify } from "./verify-process.ts";

const sliceMs = 1500;
const perSecond = 60;
const k = 10;
/** A run has begun to read when it says so; the compiler is done a little later. */
const settleMs = 300;

type Slices = { readonly without: number[]; readonly during: number[]; readonly again: number[] };

/** Rounds of three slices in changing order: without, during, and without once more as null row. */
export async function measureLatency(scene: Scene): Promise<Row> {
  const { sizes, postgres, say } = scene;
  const dataset = loadDataset();
  await loadPgvector(postgres.connectionString, { schema: "public", table: "bench_served" }, dataset);
  const sidecar = await startSidecar({ base: { primary: tableAdapter(scene, "served") } });
  const place = makePlace(tableAdapter(scene, "source"), tableAdapter(scene, "copy"));
  const search = openSearch(sidecar.appUrl, dataset);
  const slices: Slices = { without: [], during: [], again: [] };
  try {
    await search.measure(sliceMs);
    for (let round = 0; round < sizes.rounds; round += 1) {
      const names = ["without", "during", "again"] as const;
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        slices[name].push(name === "during" ? await whileVerifying(place, search) : await search.measure(sliceMs));
      }
      say(`V4 ${round + 1} of ${sizes.rounds}`);
    }
  } finally {
    await search.close();
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

async function whileVerifying(place: Place, search: Search): Promise<number> {
  const run = startVerify(place, ["--level", "fresh"]);
  try {
    await run.untilLine((line) => line.includes('"read"'));
    await pause(settleMs);
    const latency = await search.measure(sliceMs);
    await refuseEnded(run);
    return latency;
  } finally {
    run.kill();
    await run.ended;
  }
}

/** What ended early wasn't measured against. */
async function refuseEnded({ ended }: Running): Promise<void> {
  const first = await Promise.race([ended, Promise.resolve(undefined)]);
  if (first !== undefined)
    throw new Error(`verify ended with ${first.exitCode} before it was measured:\n${first.output}`);
}

type Search = { readonly measure: (ms: number) => Promise<number>; readonly close: () => Promise<void> };

/** Searches at a steady rate, whoever is slow; the median of their latencies, ms. */
function openSearch(appUrl: string, dataset: Dataset): Search {
  const pool = new Pool(appUrl, { connections: 8, headersTimeout: 10_000, bodyTimeout: 10_000 });
  const bodies = dataset.queries.map((_, row) => JSON.stringify({ embedding: [...dataset.queryVector(row)], k }));
  const ask = async (at: number): Promise<number> => {
    const startedAt = performance.now();
    const answer = await pool.request({ method: "POST", path: "/v1/retrieve", body: bodies[at % bodies.length] ?? "" });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`a search was answered ${answer.statusCode}`);
    return performance.now() - startedAt;
  };
  const measure = async (ms: number): Promise<number> => {
    const count = Math.ceil((ms / 1000) * perSecond);
    const startedAt = performance.now();
    const asked: Promise<number>[] = [];
    for (let at = 0; at < count; at += 1) {
      const rest = startedAt + (at / perSecond) * 1000 - performance.now();
      if (rest > 0) await pause(rest);
      asked.push(ask(at));
    }
    return median(await Promise.all(asked));
  };
  return { measure, close: () => pool.destroy() };
}
