// C1: wrong verdicts over forms of ids, types of values, kinds of damage and both directions, as `make verify-matrix`
// counts them. C2: what repairs beside writers overwrite or remove, by the tests of it. C3: whether differences that share one moment are named in as few passes as others.
import { fileURLToPath } from "node:url";
import { runToEnd } from "#support/process/run-to-end.ts";
import { placeOf, runVerify } from "#support/verify/verify-process.ts";
import { amount, least, most, type Row } from "../report/rows.ts";
import { type Scene, tableAdapter } from "./scene.ts";

const matrix = fileURLToPath(new URL("../../matrix/main.ts", import.meta.url));
const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));
const deadlineMs = 600_000;
const bulkRows = 60_000;

export async function measureVerdicts(): Promise<Row> {
  const { stdout, stderr } = await runToEnd(process.execPath, [matrix], { deadlineMs });
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
  if (failed === undefined) throw new Error(`the matrix ended without its count: ${stderr}`);
  return {
    id: "C1",
    parts: [
      amount("wrong verdicts", Number(failed), most(0)),
      amount("verdicts", Number(passed) + Number(failed), least(10 * 10 * 6 * 2)),
    ],
  };
}

/** 1,000 generated interleavings over stores in memory, and 1,500 chunks on real servers; each test stands for one count. */
export async function measureBesideWriters(): Promise<Row> {
  const args = [vitest, "run", "--testNamePattern=^C2:", "repair-beside-writers"];
  const env = { ...process.env, NO_COLOR: "1" };
  const { stdout, stderr } = await runToEnd(process.execPath, args, { deadlineMs, env });
  const [, failed = "0", ran = "0"] = /^ *Tests +(?:(\d+) failed)?[ |]*(?:(\d+) passed)?/m.exec(stdout) ?? [];
  if (Number(failed) + Number(ran) === 0) throw new Error(`the tests ended without their count: ${stderr}`);
  return {
    id: "C2",
    parts: [
      amount("kinds of stores where newer was overwritten, or what changed removed", Number(failed), most(0)),
      amount("kinds of stores", Number(failed) + Number(ran), least(2)),
    ],
  };
}

/** A table of one moment, and one of as many, against an empty copy. */
export async function measureBulk(scene: Scene): Promise<Row> {
  const shared = await furtherPasses(scene, "timestamptz '2026-01-01'");
  const different = await furtherPasses(scene, "timestamptz '2026-01-01' + i * interval '10 milliseconds'");
  return {
    id: "C3",
    parts: [
      amount(`passes beyond the first, ${bulkRows} differences of one moment`, shared, most(different)),
      amount(`passes beyond the first, ${bulkRows} differences of as many moments`, different, null),
    ],
  };
}

async function furtherPasses(scene: Scene, moment: string): Promise<number> {
  const columns =
    "chunk_id text PRIMARY KEY, entity_id text, namespace text, updated_at timestamptz, embedding vector(2)";
  await scene.client.query(`DROP TABLE IF EXISTS bench_bulk, bench_none; CREATE TABLE bench_bulk (${columns});
    CREATE TABLE bench_none (${columns});
    INSERT INTO bench_bulk SELECT 'chunk-' || i, 'e', 'n', ${moment}, '[1,0]' FROM generate_series(1, ${bulkRows}) AS i`);
  const place = placeOf(tableAdapter(scene, "bulk"), tableAdapter(scene, "none"));
  try {
    const { stderr } = await runVerify(place, ["--level", "fresh", "--budget", "none", "--lag", "0"]);
    const { counts } = place.report();
    if (counts.missing !== bulkRows) throw new Error(`expected ${bulkRows} missing chunks, got ${counts.missing}`);
    return stderr.split("more differs than the table holds").length - 1;
  } finally {
    place.remove();
  }
}
