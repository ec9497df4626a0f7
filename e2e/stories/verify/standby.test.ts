// A source that is a standby: what it hasn't replayed yet belongs to the lag, and is brought once it has.
import { type SyncStatus, syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { eventually } from "#support/eventually.ts";
import { placeOf, startSync } from "#support/verify/verify-process.ts";

const address = "127.0.0.138";
const settings = { wal_level: "replica", max_wal_senders: "4" };

async function open(standbyOf?: string): Promise<{ readonly connectionString: string; readonly client: Client }> {
  const own = standbyOf === undefined ? {} : { standbyOf };
  const server = await startWheelPostgres({ address, version: "16-0.8", settings, ...own });
  onTestFinished(server.close);
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return { connectionString: server.connectionString, client };
}

test("a sync from a standby that replays nothing says how far it is behind, and brings what comes late", async () => {
  const primary = await open();
  await primary.client.query(`CREATE EXTENSION vector;
    CREATE TABLE src (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(2));
    CREATE TABLE dst (LIKE src INCLUDING ALL);
    INSERT INTO src SELECT 'c' || n, 'e', now() - interval '1 hour', '[1,0]' FROM generate_series(1, 100) n`);
  const standby = await open(primary.connectionString);
  await eventually("the standby has the rows", async () => {
    const { rows } = await standby.client.query("SELECT to_regclass('dst') IS NOT NULL AS has");
    return rows[0].has === true;
  });
  await standby.client.query("SELECT pg_wal_replay_pause()");
  await eventually("nothing is replayed", async () => {
    const { rows } = await standby.client.query("SELECT pg_get_wal_replay_pause_state() AS state");
    return rows[0].state === "paused";
  });
  await primary.client.query("INSERT INTO src VALUES ('late', 'e', now(), '[0,1]')");
  const writtenAtMs = Date.now();
  const adapter = (connectionString: string, table: string) => ({ kind: "pgvector", connectionString, table });
  const place = placeOf(adapter(standby.connectionString, "src"), adapter(primary.connectionString, "dst"));
  onTestFinished(place.remove);
  const run = await startSync(place, ["--lag", "1", "--interval", "1", "--budget", "none", "--listen", `${address}:0`]);
  onTestFinished(async () => void (await run.stop()));
  const isOver = () => !run.isRunning();
  const describe = () => run.output().slice(-2000);
  const find = async () => /"event":"serving".*"port":(\d+)/.exec(run.output("stderr"))?.[1];
  const port = await eventually("sync serves", find, { everyMs: 5, isOver, describe });
  const status = async (): Promise<SyncStatus> =>
    syncStatusSchema.parse(await (await fetch(`http://${address}:${port}/v1/sync`)).json());
  const late = await eventually(
    "passes and a verification have ended well after the write",
    async () => {
      const each = await status();
      return each.done.passes > 3 && each.verified !== null && Date.now() - writtenAtMs > 3000 && each;
    },
    { isOver, describe },
  );
  expect(late.lagSeconds).toBeGreaterThan(2.5);
  expect(late.verified?.ageSeconds).toBeGreaterThan(2.5);
  await standby.client.query("SELECT pg_wal_replay_resume()");
  await eventually(
    "what came late is in the destination",
    async () => (await primary.client.query("SELECT 1 FROM dst WHERE chunk_id = 'late'")).rowCount === 1,
    { isOver, describe },
  );
  expect((await status()).done.missed).toBe(0);
});
