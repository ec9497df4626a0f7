// V5: a run that is killed anywhere and resumed says what an undisturbed one says.
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { makeRandom } from "#support/random.ts";
import { contentOf, type Place, placeOf, startVerify, verify } from "#support/verify/verify-process.ts";
import { amount, least, type Row } from "../report/rows.ts";
import { makeTable, seedFaults } from "./corpus.ts";
import { chooseFaults } from "./faults.ts";
import { type Scene, tableAdapter } from "./scene.ts";

/** A run long enough to be killed in every step. */
const runSeconds = 2.5;

/** Kills one run after the other at a moment of chance. */
export async function measureKills(scene: Scene): Promise<Row> {
  const { sizes, seed, client, say } = scene;
  await makeTable(client, "public.bench_few", sizes.fewRows);
  await makeTable(client, "public.bench_few_copy", sizes.fewRows);
  await seedFaults(client, "public.bench_few_copy", chooseFaults(sizes.fewRows, sizes.faults, seed));
  const place = placeOf(tableAdapter(scene, "few"), tableAdapter(scene, "few_copy"));
  const budget = `${Math.ceil(sizes.fewRows / runSeconds)}`;
  const args = ["--level", "fresh", "--lag", "1", "--budget", budget, "--checkpoint", "0.25"];
  const random = makeRandom(seed);
  try {
    const undisturbed = await verify(place, args);
    const expected = contentOf(undisturbed.report);
    let [same, killed, late] = [0, 0, 0];
    while (killed < sizes.kills && late < sizes.kills) {
      empty(place);
      if (!(await killAt(place, args, random() * undisturbed.seconds))) {
        late += 1;
        continue;
      }
      killed += 1;
      await verify(place, [...args, "--resume"]);
      if (contentOf(place.report()) === expected) same += 1;
      say(`V5 ${killed} of ${sizes.kills}: ${same} the same`);
    }
    const what = `killed at a moment of chance and resumed: the same report, of ${killed}`;
    const goal = amount(what, same, least(sizes.kills), { n: killed });
    return { id: "V5", parts: [goal, amount("runs that had ended before their moment, not counted", late, null)] };
  } finally {
    place.remove();
  }
}

function empty({ reports }: Place): void {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
}

/** Whether it was still running. */
async function killAt(place: Place, args: readonly string[], seconds: number): Promise<boolean> {
  const run = await startVerify(place, args);
  await Promise.race([pause(seconds * 1000), run.ended]);
  run.signal("SIGKILL");
  return (await run.ended) === null;
}
