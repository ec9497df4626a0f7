// C8: an application goes on writing to the source, and removing from it, after the cutover. An hour is played in a minute:
// every interval of the sync is a sixtieth of the chart's.
import { setTimeout as pause } from "node:timers/promises";
import { removalsPath, type SyncStatus, syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { request } from "undici";
import { eventually } from "#support/eventually.ts";
import { makeRandom } from "#support/random.ts";
import { keepBusy } from "#support/verify/busy-table.ts";
import { placeOf, startSync } from "#support/verify/verify-process.ts";
import { amount, least, most, type Row } from "../report/rows.ts";
import { makeTable } from "./corpus.ts";
import { idOf } from "./faults.ts";
import { type Scene, tableAdapter } from "./scene.ts";

const host = "127.0.0.61";
const hourMs = 60_000;
/** Chunks that the application wrote to the destination alone: nothing may take them. */
const ownChunks = 50;
const intervals = ["--interval", "0.2", "--lag", "1", "--verify-every", "10", "--budget", "none"];
const removing = ["--delete-extra", "--removals-need-leave"];

export async function measureAfterCutover(scene: Scene): Promise<Row> {
  const { client, sizes, seed, postgres, say } = scene;
  const { fewRows } = sizes;
  await makeTable(client, "public.bench_moving", fewRows);
  await makeTable(client, "public.bench_moving_copy", 0);
  await client.query("CREATE INDEX ON public.bench_moving (updated_at)");
  const place = placeOf(tableAdapter(scene, "moving"), tableAdapter(scene, "moving_copy"));
  const sync = await startSync(place, [...intervals, ...removing, "--listen", `${host}:0`]);
  const find = async () => /"event":"serving".*"port":(\d+)/.exec(sync.output("stderr"))?.[1];
  const url = `http://${host}:${await eventually("sync serves", find, { isOver: () => !sync.isRunning() })}`;
  const read = async (): Promise<SyncStatus> =>
    syncStatusSchema.parse(await (await request(`${url}/v1/sync`)).body.json());
  const until = (what: string, is: (status: SyncStatus) => boolean) =>
    eventually(what, async () => is(await read()), { deadlineMs: 300_000, isOver: () => !sync.isRunning() });
  try {
    await until("both stores are equal", ({ verified }) => verified?.left === 0);
    // The cutover: whoever gave leave takes it back.
    await request(`${url}${removalsPath}?removals=hold`, { method: "POST" }).then(({ body }) => body.dump());
    await client.query(`INSERT INTO bench_moving_copy SELECT 'own-' || i, 'entity', 'namespace-0', now(), '[1,2,3,4]'
      FROM generate_series(1, ${ownChunks}) AS i`);
    const busy = await keepBusy({
      connectionString: postgres.connectionString,
      table: "bench_moving",
      embedding: "format('[%s,%s,1,2]', random(), random())::vector",
      idOf,
      ids: fewRows,
      random: makeRandom(seed),
      everyMs: 20,
    });
    await pause(hourMs);
    const { writes, perSecond } = await busy.stop();
    say("C8 the writers have stopped");
    const stoppedAt = Date.now() + 1000;
    await until(
      "a verification that began a lag later has ended",
      ({ verified }) => verified !== null && Date.now() - verified.ageSeconds * 1000 > stoppedAt,
    );
    const { own, differing } = await compare(client);
    const { removed } = (await read()).done;
    return {
      id: "C8",
      parts: [
        amount(
          "chunks that differ after an hour of writes and removals after the cutover, a sixtieth of the clock",
          differing,
          most(0),
        ),
        amount("chunks of the destination alone that are gone", ownChunks - own, most(0)),
        amount("writes to the source meanwhile", writes, least(1)),
        amount("of them a second", perSecond, null),
        amount("chunks that the source removed and the sync took away", removed, least(1)),
      ],
    };
  } finally {
    sync.signal("SIGTERM");
    await sync.ended;
    place.remove();
  }
}

/** Chunks that differ, and those of the destination alone that are still there. */
async function compare(client: Scene["client"]): Promise<{ readonly own: number; readonly differing: number }> {
  const { rows } = await client.query(`SELECT count(*) FILTER (WHERE d.chunk_id LIKE 'own-%')::int AS own,
      count(*) FILTER (WHERE d.chunk_id IS NULL OR s.chunk_id IS NULL AND d.chunk_id NOT LIKE 'own-%'
        OR s IS NOT NULL AND d IS NOT NULL AND (s.updated_at, s.embedding::text) <> (d.updated_at, d.embedding::text))::int AS differing
      FROM bench_moving s FULL JOIN bench_moving_copy d USING (chunk_id)`);
  return rows[0] as { readonly own: number; readonly differing: number };
}
