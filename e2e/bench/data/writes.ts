// V6: the application writes both stores while they are compared, the second one late: no difference may be reported.

import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "pg";
import { makeRandom, type Random } from "#support/random.ts";
import { placeOf, verify } from "#support/verify/verify-process.ts";
import { amount, least, most, type Row } from "../report/rows.ts";
import { makeTable } from "./corpus.ts";
import { connect, type Scene, tableAdapter } from "./scene.ts";

const writesPerSecond = 50;
const lagSeconds = 5;
/** The second store gets a write after at most that; the rest of the lag is for the write itself. */
const latestSeconds = 4;
const runSeconds = 20;

/** Writes of the application: new chunks, changed ones, removed ones. */
export async function measureWrites(scene: Scene): Promise<Row> {
  const { sizes, client, seed } = scene;
  for (const table of ["live", "live_copy"]) await makeTable(client, `public.bench_${table}`, sizes.fewRows);
  const place = placeOf(tableAdapter(scene, "live"), tableAdapter(scene, "live_copy"));
  const writer = await connect(scene.postgres);
  const writing = startWriting(writer, sizes.fewRows, makeRandom(seed));
  try {
    const budget = `${Math.ceil(sizes.fewRows / runSeconds)}`;
    const args = ["--level", "fresh", "--lag", `${lagSeconds}`, "--budget", budget];
    const { report, seconds } = await verify(place, args);
    const { lagging, ...kinds } = report.counts;
    const falsely = Object.values(kinds).reduce((sum, count) => sum + count, 0);
    const written = await writing.stop();
    return {
      id: "V6",
      parts: [
        amount(`false differences at ${writesPerSecond} writes/s, ${lagSeconds} s lag`, falsely, most(0)),
        amount("writes/s while it ran", written / seconds, least(writesPerSecond * 0.9)),
        amount("chunks told apart as under way", lagging, null),
        amount("s, the run", seconds, null),
      ],
    };
  } finally {
    await writing.stop();
    await writer.end();
    place.remove();
  }
}

type Writing = { readonly stop: () => Promise<number> };

type Late = { readonly dueAt: number; readonly text: string };

/** Writes to `bench_live` at once and to its copy later, in the same order and with the same moment, until it is stopped. */
function startWriting(client: Client, rows: number, random: Random): Writing {
  const stopping = new AbortController();
  const late: Late[] = [];
  let written = 0;
  const write = async (): Promise<void> => {
    const statement = statementOf(random, rows, written);
    await client.query(statement("bench_live"));
    const dueAt = Math.max(late.at(-1)?.dueAt ?? 0, performance.now() + random() * latestSeconds * 1000);
    late.push({ dueAt, text: statement("bench_live_copy") });
  };
  const follow = async (untilMs: number): Promise<void> => {
    for (let [first] = late; first !== undefined && first.dueAt <= untilMs; [first] = late) {
      late.shift();
      await client.query(first.text);
    }
  };
  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    while (!stopping.signal.aborted) {
      await write();
      written += 1;
      await follow(performance.now());
      const rest = startedAt + (written / writesPerSecond) * 1000 - performance.now();
      if (rest > 0) await pause(rest, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await follow(Number.POSITIVE_INFINITY);
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return written;
    },
  };
}

/** One write, to be done to either table: seven of ten change a chunk, two add one, one removes one. */
function statementOf(random: Random, rows: number, number: number): (table: string) => string {
  const now = new Date().toISOString();
  const id = `document-${String(Math.floor(random() * rows)).padStart(8, "0")}`;
  const kind = number % 10;
  if (kind === 0) return (table) => `DELETE FROM ${table} WHERE chunk_id = '${id}'`;
  if (kind < 3) {
    const values = `'written-${number}', 'entity', 'namespace-0', '${now}', '[1,2,3,4]'`;
    return (table) => `INSERT INTO ${table} VALUES (${values})`;
  }
  return (table) => `UPDATE ${table} SET updated_at = '${now}' WHERE chunk_id = '${id}'`;
}
