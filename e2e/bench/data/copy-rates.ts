// C4: a copy beside COPY through a client, and its CPU beside that of a script with the official client, in turns. C6: its memory.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "#support/process/run-to-end.ts";
import { startProcess } from "#support/process/start-process.ts";
import { placeOf, runCopy, startCopy } from "#support/verify/verify-process.ts";
import { amount, estimated, least, most, type Row } from "../report/rows.ts";
import { ratios } from "../report/statistics.ts";
import { readCpuMicros } from "../sidecar/cpu-time.ts";
import { startSink } from "./copy-sink.ts";
import type { Scene, Sizes } from "./scene.ts";

const peer = join(import.meta.dirname, "copy-peer-main.ts");
const deadlineMs = 600_000;
const fields = { text: "body" };
const columns = `chunk_id text PRIMARY KEY, entity_id text NOT NULL, updated_at timestamptz, body text, embedding vector(384) NOT NULL`;

/** Half of the sides begin a round. */
async function inTurns(rounds: number, sides: readonly [() => Promise<number>, () => Promise<number>]) {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const isFirst = round % 2 === 0;
    if (isFirst) ours.push(await sides[0]());
    theirs.push(await sides[1]());
    if (!isFirst) ours.push(await sides[0]());
  }
  return { ours, theirs };
}

export async function measureCopyRates(scene: Scene): Promise<Row> {
  const { client, sizes, say } = scene;
  const { copyRows, copyRounds } = sizes;
  await client.query(`DROP TABLE IF EXISTS bench_texts; CREATE TABLE bench_texts (${columns});
    INSERT INTO bench_texts SELECT 'document-' || lpad(i::text, 8, '0'), 'entity-' || i / 10,
      timestamptz '2026-01-01' + i * interval '10 milliseconds', repeat('word ' || i || ' of a text. ', 25),
      (SELECT array_agg(sin(i * 0.37 + j * j)::real) FROM generate_series(1, 384) AS j)::vector
    FROM generate_series(1, ${copyRows}) AS i`);
  await client.query("VACUUM ANALYZE bench_texts");
  say(`C4 ${copyRows} chunks, between tables`);
  const rates = await inTurns(copyRounds, [() => copyToTable(scene), () => pipeToTable(scene)]);
  say("C4 into a sink");
  const cpu = await inTurns(copyRounds, [() => cpuOfCopy(scene), () => cpuOfScript(scene)]);
  await client.query("DROP TABLE bench_texts, bench_texts_copy");
  return {
    id: "C4",
    parts: [
      estimated("chunks/s between tables / COPY through a client", ratios(rates.ours, rates.theirs), least(0.5)),
      estimated("CPU a chunk into a sink / a script with the official client", ratios(cpu.ours, cpu.theirs), most(1)),
      estimated("chunks/s between tables", rates.ours, null),
      estimated("chunks/s, COPY through a client", rates.theirs, null),
      estimated("us of CPU a chunk into a sink", cpu.ours, null),
      estimated("us of CPU a chunk, script", cpu.theirs, null),
    ],
  };
}

async function emptyTable({ client }: Scene): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS bench_texts_copy; CREATE TABLE bench_texts_copy (${columns})`);
  await client.query("CHECKPOINT");
}

/** Chunks a second of the copying itself; the comparison at its end isn't counted. */
async function copyToTable(scene: Scene): Promise<number> {
  await emptyTable(scene);
  const adapter = (table: string) => ({ ...tableOf(scene), table });
  const place = placeOf(adapter("bench_texts"), adapter("bench_texts_copy"));
  try {
    const { exitCode, stdout, stderr } = await runCopy(place, ["--budget", "none"]);
    if (exitCode !== 0) throw new Error(`copy ended with ${exitCode}: ${stdout}${stderr}`.slice(0, 2000));
    const line = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { copy: { done: { seconds: number } } };
    return scene.sizes.copyRows / line.copy.done.seconds;
  } finally {
    place.remove();
  }
}

function tableOf({ postgres }: Scene): object {
  return { kind: "pgvector", connectionString: postgres.connectionString, fields };
}

async function pipeToTable(scene: Scene): Promise<number> {
  await emptyTable(scene);
  const args = [peer, "postgres", scene.postgres.connectionString, "bench_texts", "bench_texts_copy"];
  const { exitCode, stdout, stderr } = await runToEnd(process.execPath, args, { deadlineMs });
  if (exitCode !== 0) throw new Error(`COPY ended with ${exitCode}: ${stderr}`);
  return scene.sizes.copyRows / (JSON.parse(stdout) as { seconds: number }).seconds;
}

/** us a chunk, from a tenth of the chunks on to the last: neither the start nor what comes after the copying. */
async function cpuUntilFull(
  scene: Scene,
  start: (url: string) => Promise<{ pid: number; signal: (name: "SIGKILL") => void }>,
) {
  const { copyRows } = scene.sizes;
  let begun: { readonly points: number; readonly micros: number } | null = null;
  const full = Promise.withResolvers<number>();
  let pid = 0;
  const sink = await startSink((points) => {
    if (begun === null && points >= copyRows / 10) begun = { points, micros: readCpuMicros(pid) };
    else if (begun !== null && points >= copyRows)
      full.resolve((readCpuMicros(pid) - begun.micros) / (points - begun.points));
  });
  try {
    const run = await start(sink.url);
    pid = run.pid;
    const limit = setTimeout(() => full.reject(new Error("the sink isn't full")), deadlineMs);
    const micros = await full.promise.finally(() => clearTimeout(limit));
    run.signal("SIGKILL");
    return micros;
  } finally {
    await sink.close();
  }
}

async function cpuOfCopy(scene: Scene): Promise<number> {
  return cpuUntilFull(scene, async (url) => {
    const place = placeOf(
      { ...tableOf(scene), table: "bench_texts" },
      { kind: "qdrant", url, collection: "chunks", fields },
    );
    const run = await startCopy(place, ["--budget", "none"]);
    void run.ended.then(place.remove);
    return run;
  });
}

async function cpuOfScript(scene: Scene): Promise<number> {
  return cpuUntilFull(scene, (url) => {
    const args = [peer, "qdrant", scene.postgres.connectionString, "bench_texts", url];
    return startProcess<undefined>({ command: process.execPath, args });
  });
}

const simulated = fileURLToPath(import.meta.resolve("@retriever/data/test/copy-main.ts"));

/** Young generations as small as the operator's. */
export async function measureCopyMemory({ copiedIds }: Sizes): Promise<Row> {
  const args = ["--expose-gc", "--max-semi-space-size=2", simulated, `${copiedIds}`];
  const { exitCode, stdout, stderr } = await runToEnd(process.execPath, args, { deadlineMs });
  if (exitCode !== 0) throw new Error(`the simulated copy ended with ${exitCode}: ${stderr}`);
  const { keptBytes, peakBytes, loaded } = JSON.parse(stdout) as Record<string, number>;
  return {
    id: "C6",
    parts: [
      amount(
        `MiB resident at the peak of ${loaded} chunks of 384 numbers`,
        (peakBytes ?? Number.NaN) / 1_048_576,
        most(128),
      ),
      amount("MiB held after a collection", (keptBytes ?? Number.NaN) / 1_048_576, null),
    ],
  };
}
