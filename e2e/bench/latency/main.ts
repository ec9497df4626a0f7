// `make bench-latency`: W5, the latency that an application sees of its search: through the sidecar, idle and in the middle
// of a ramp, against the official client directly. Rounds of all arms, interleaved, with the same arrivals.
import { parseArgs } from "node:util";
import { Pool } from "pg";
import { startQdrant } from "#stores/qdrant.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { makeRandom } from "#support/random.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { amount, estimated, isMissed, most, type Part, printRows, type Row, summaryOf } from "../report/rows.ts";
import { median, ratios } from "../report/statistics.ts";
import { orderOf } from "../sidecar/rounds.ts";
import {
  dimension,
  loadPostgres,
  loadQdrant,
  type Search,
  throughFetch,
  throughPg,
  throughQdrantClient,
  throughSidecar,
  vectorOf,
} from "./arms.ts";
import { openLoop, type Times } from "./open-loop.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const sizes = values.quick
  ? { rows: 1000, points: 200, rounds: 2, seconds: 2 }
  : { rows: 20_000, points: 500, rounds: 7, seconds: 6 };
const rates = [50, 200];
const armNames = ["direct", "sidecar", "sidecar in a ramp", "sidecar by fetch"] as const;
type Arm = (typeof armNames)[number];
type Arms = Readonly<Record<Arm, Search>>;
type Scene = { readonly id: string; readonly arms: Arms; readonly standIn: boolean };

const closers: (() => Promise<unknown>)[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function sidecarOf(primary: object, shadow?: object): Promise<Sidecar> {
  const dualRead = shadow === undefined ? {} : { dualRead: { enabled: true, sampleRate: 0.1, shadow } };
  const sidecar = await startSidecar({ base: { primary, ...dualRead } });
  closers.push(sidecar.stop);
  await sidecar.probed(dimension);
  return sidecar;
}

async function armsOf(direct: Search, primary: object, shadow: object): Promise<Arms> {
  const sidecar = await sidecarOf(primary);
  return {
    direct,
    sidecar: throughSidecar(sidecar),
    "sidecar in a ramp": throughSidecar(await sidecarOf(primary, shadow)),
    "sidecar by fetch": throughFetch(sidecar),
  };
}

async function postgresScene(): Promise<Scene> {
  const server = await startWheelPostgres({ address: "127.0.0.80", version: "16-0.8" });
  closers.push(server.close);
  const { connectionString } = server;
  await loadPostgres(connectionString, sizes.rows);
  const pool = new Pool({ connectionString, max: 10 });
  closers.push(() => pool.end());
  const store = { kind: "pgvector", connectionString };
  const primary = { ...store, table: "chunks" };
  const arms = await armsOf(throughPg(pool), primary, { ...store, table: "chunks_shadow" });
  return { id: "W5 pgvector", arms, standIn: false };
}

async function qdrantScene(): Promise<Scene> {
  const { url, standIn, close } = await startQdrant({ address: "127.0.0.80" });
  closers.push(close);
  await loadQdrant(url, sizes.points);
  const store = { kind: "qdrant", url };
  const primary = { ...store, collection: "chunks" };
  const arms = await armsOf(throughQdrantClient(url), primary, { ...store, collection: "chunks_shadow" });
  return { id: "W5 Qdrant", arms, standIn };
}

/** The arms find the same chunks, or a faster one would be no merit. Throws where they don't. */
async function checkAnswers({ id, arms }: Scene, vectors: readonly (readonly number[])[]): Promise<void> {
  for (const vector of vectors.slice(0, 20)) {
    const [direct, ...others] = await Promise.all(armNames.map((name) => arms[name](vector)));
    for (const other of others)
      if (JSON.stringify(other) !== JSON.stringify(direct)) throw new Error(`${id}: the arms answer differently`);
  }
}

/** With the CPU time of the application alone for each request, in µs: other processes move it less than they move latencies. */
type Round = Times & { readonly cpuMicros: number };
type Taken = Readonly<Record<Arm, Round[]>>;

async function measure({ id, arms }: Scene, rate: number, vectors: readonly (readonly number[])[]): Promise<Taken> {
  const taken: Taken = { direct: [], sidecar: [], "sidecar in a ramp": [], "sidecar by fetch": [] };
  // The first round warms up.
  for (let round = -1; round < sizes.rounds; round += 1) {
    for (const name of orderOf(armNames, Math.max(0, round))) {
      const load = { rate, requests: rate * sizes.seconds, vectors, random: makeRandom(round + 2) };
      const before = process.cpuUsage();
      const times = await openLoop(arms[name], load);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) taken[name].push({ ...times, cpuMicros: (user + system) / load.requests });
    }
    say(`${id} at ${rate}/s, round ${round + 1} of ${sizes.rounds}`);
  }
  return taken;
}

const names = { p50Ms: "p50", p99Ms: "p99", cpuMicros: "the application's CPU" } as const;

function partsOf(rate: number, taken: Taken, standIn: boolean): Part[] {
  const of = (arm: Arm, pick: keyof Round): number[] => taken[arm].map((times) => times[pick]);
  const compared = (arm: Arm, pick: keyof Round, limit: number | null): Part => {
    const what = `${names[pick]} at ${rate}/s, ${arm} / direct`;
    const goal = limit === null || standIn ? null : most(limit);
    return { ...estimated(what, ratios(of(arm, pick), of("direct", pick)), goal), standIn };
  };
  return [
    compared("sidecar", "p50Ms", 1.1),
    compared("sidecar", "p99Ms", 1.2),
    compared("sidecar in a ramp", "p50Ms", null),
    compared("sidecar in a ramp", "p99Ms", null),
    compared("sidecar by fetch", "p50Ms", null),
    compared("sidecar", "cpuMicros", null),
    compared("sidecar by fetch", "cpuMicros", null),
    ...armNames.map((arm) => amount(`ms, p50 at ${rate}/s, ${arm}`, median(of(arm, "p50Ms")), null, { standIn })),
    ...armNames.map((arm) =>
      amount(`µs, CPU a request at ${rate}/s, ${arm}`, median(of(arm, "cpuMicros")), null, { standIn }),
    ),
    ...armNames.map((arm) => amount(`ms, p99 at ${rate}/s, ${arm}`, median(of(arm, "p99Ms")), null, { standIn })),
  ];
}

endOnSignals();
const random = makeRandom(7);
const vectors = Array.from({ length: 300 }, () => vectorOf(random));
try {
  const rows: Row[] = [];
  for (const make of [postgresScene, qdrantScene]) {
    const scene = await make();
    await checkAnswers(scene, vectors);
    const parts: Part[] = [];
    for (const rate of rates) parts.push(...partsOf(rate, await measure(scene, rate, vectors), scene.standIn));
    rows.push({ id: scene.id, parts });
    say(printRows(rows.slice(-1)));
  }
  if (values.quick) say("quick: nothing here counts.");
  say(JSON.stringify(summaryOf(rows, { rows: sizes.rows })));
  process.exitCode = isMissed(rows) ? 1 : 0;
} finally {
  for (const close of closers.toReversed()) await close();
}
