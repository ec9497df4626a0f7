// C5: copies and syncs that are killed while the source is written leave no difference after the last one.
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "#support/eventually.ts";
import { makeRandom } from "#support/random.ts";
import { keepBusy } from "#support/verify/busy-table.ts";
import {
  type Place,
  placeOf,
  runCopy,
  runSync,
  runVerify,
  startCopy,
  startSync,
} from "#support/verify/verify-process.ts";
import { amount, least, most, type Row } from "../report/rows.ts";
import { makeTable } from "./corpus.ts";
import { idOf } from "./faults.ts";
import { type Scene, tableAdapter } from "./scene.ts";

const writesPerSecond = 50;
/** From the beginning of a run to its end by SIGKILL. */
const longestMs = 5000;

export async function measureCopyKills(scene: Scene): Promise<Row> {
  const paced = ["--budget", `${Math.ceil(scene.sizes.fewRows / 8)}`, "--lag", "0.5"];
  const free = ["--budget", "none", "--lag", "0.5"];
  const copies = await kill(scene, "copy", {
    start: (place) => startCopy(place, [...paced, "--delete-extra"]),
    finish: (place) => runCopy(place, [...free, "--delete-extra"]),
  });
  const syncs = await kill(scene, "sync", {
    start: (place) => startSync(place, [...paced, "--interval", "0.5", "--verify-every", "3", "--delete-extra"]),
    finish: (place) => runSync(place, [...free, "--once", "--delete-extra"]),
  });
  return { id: "C5", parts: [...copies, ...syncs] };
}

type Killed = {
  readonly start: (place: Place) => ReturnType<typeof startCopy>;
  readonly finish: (place: Place) => ReturnType<typeof runCopy>;
};

async function kill(scene: Scene, name: string, { start, finish }: Killed): Promise<Row["parts"]> {
  const { client, sizes, seed, postgres, say } = scene;
  const { fewRows, copyKills } = sizes;
  await makeTable(client, "public.bench_busy", fewRows);
  await makeTable(client, "public.bench_busy_copy", 0);
  await client.query("CREATE INDEX ON public.bench_busy (updated_at)");
  const place = placeOf(tableAdapter(scene, "busy"), tableAdapter(scene, "busy_copy"));
  const random = makeRandom(seed);
  const { connectionString } = postgres;
  const table = "bench_busy";
  const embedding = "format('[%s,%s,1,2]', random(), random())::vector";
  const busy = await keepBusy({
    connectionString,
    table,
    embedding,
    idOf,
    ids: fewRows,
    random,
    everyMs: 1000 / writesPerSecond,
  });
  let killed = 0;
  try {
    for (let round = 0; round < copyKills; round += 1) {
      const run = await start(place);
      // Whatever a slow machine takes to start it isn't worth a kill.
      await eventually(`the ${name} has begun`, async () => run.output("stdout").includes(name), {
        everyMs: 20,
        isOver: () => !run.isRunning(),
      });
      await Promise.race([pause(random() * longestMs), run.ended]);
      run.signal("SIGKILL");
      if ((await run.ended) === null) killed += 1;
      say(`C5 ${name} ${round + 1} of ${copyKills}`);
    }
    const { writes, perSecond } = await busy.stop();
    const last = await finish(place);
    await runVerify(place, ["--level", "vector", "--budget", "none", "--lag", "0.5"]);
    const { counts } = place.report();
    const differences = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return [
      amount(`differences after a ${name} killed ${killed} times and a last one`, differences, most(0), { n: killed }),
      amount(`exit code of the last ${name}`, last.exitCode, most(0)),
      amount("writes to the source meanwhile, each tenth beside a removal", writes, least(1)),
      amount("of them a second", perSecond, least(0.9 * writesPerSecond)),
    ];
  } finally {
    await busy.stop();
    place.remove();
  }
}
