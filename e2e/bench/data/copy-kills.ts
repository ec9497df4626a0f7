// C5: copies that are killed while the source is written leave no difference after the last one.
import { setTimeout as pause } from "node:timers/promises";
import { makeRandom } from "#support/random.ts";
import { keepBusy } from "#support/verify/busy-table.ts";
import { placeOf, runCopy, runVerify, startCopy } from "#support/verify/verify-process.ts";
import { amount, least, most, type Row } from "../report/rows.ts";
import { makeTable } from "./corpus.ts";
import { idOf } from "./faults.ts";
import { type Scene, tableAdapter } from "./scene.ts";

export async function measureCopyKills(scene: Scene): Promise<Row> {
  const { client, sizes, seed, postgres, say } = scene;
  const { fewRows, copyKills } = sizes;
  await makeTable(client, "public.bench_busy", fewRows);
  await makeTable(client, "public.bench_busy_copy", 0);
  const place = placeOf(tableAdapter(scene, "busy"), tableAdapter(scene, "busy_copy"));
  const random = makeRandom(seed);
  const { connectionString } = postgres;
  const table = "bench_busy";
  const embedding = "format('[%s,%s,1,2]', random(), random())::vector";
  const busy = await keepBusy({ connectionString, table, embedding, idOf, ids: fewRows, random, everyMs: 20 });
  const budget = `${Math.ceil(fewRows / 8)}`;
  let killed = 0;
  try {
    for (let kill = 0; kill < copyKills; kill += 1) {
      const run = await startCopy(place, ["--budget", budget, "--lag", "0.5", "--delete-extra"]);
      await Promise.race([pause(1000 + random() * 5000), run.ended]);
      run.signal("SIGKILL");
      if ((await run.ended) === null) killed += 1;
      say(`C5 ${kill + 1} of ${copyKills}`);
    }
    const writes = await busy.stop();
    const last = await runCopy(place, ["--budget", "none", "--lag", "0.5", "--delete-extra"]);
    await runVerify(place, ["--level", "vector", "--budget", "none", "--lag", "0.5"]);
    const { counts } = place.report();
    const differences = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return {
      id: "C5",
      parts: [
        amount(`differences after copies killed ${killed} times and a last one`, differences, most(0), { n: killed }),
        amount("exit code of the last copy", last.exitCode, most(0)),
        amount("writes to the source meanwhile, each tenth beside a removal", writes, least(1)),
      ],
    };
  } finally {
    await busy.stop();
    place.remove();
  }
}
