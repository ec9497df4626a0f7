// `sync` as a process between a real Postgres and the stand-in: it follows writers, outlives kills and stores that refuse,
// and ends when it is told to.

import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { removalsPath, type SyncStatus, syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { Client } from "pg";
import { request } from "undici";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { addIndexes, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { eventually } from "#support/eventually.ts";
import { makeRandom } from "#support/random.ts";
import { keepBusy } from "#support/verify/busy-table.ts";
import { startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { type Place, placeOf, runSync, runVerify, startSync } from "#support/verify/verify-process.ts";

const address = "127.0.0.85";
const rows = 300;
const columns = `chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz NOT NULL DEFAULT now(), embedding vector(3) NOT NULL`;
const fast = ["--budget", "none", "--interval", "0.2", "--lag", "0.3"] as const;
const idOf = (index: number): string => `chunk ${index + 1}`;

let { postgres, qdrant, caller, client, close } = {} as TwoStores;

beforeAll(async () => {
  ({ postgres, qdrant, caller, client, close } = await startTwoStores(address, "16-0.8"));
});

afterAll(() => close());

/** A table of so many rows. */
async function table(name: string, count: number): Promise<object> {
  await client.query(`CREATE TABLE ${name} (${columns}); CREATE INDEX ON ${name} (updated_at);
    INSERT INTO ${name} SELECT 'chunk ' || i, 'entity', timestamptz '2026-01-01' + i * interval '1.001 seconds',
      format('[%s,%s,1]', sin(i), cos(i))::vector FROM generate_series(1, ${count}) AS i`);
  return { kind: "pgvector", connectionString: postgres.connectionString, table: name };
}

async function collection(name: string): Promise<object> {
  await caller.call({ method: "PUT", path: pathOf(name), body: { vectors: { size: 3, distance: "Cosine" } } });
  await addIndexes(caller.call, name, { chunk_id: "keyword", updated_at: "datetime" });
  return { kind: "qdrant", url: qdrant.url, collection: name };
}

function open(source: object, destination: object): Place {
  const place = placeOf(source, destination);
  onTestFinished(place.remove);
  return place;
}

/** Chunks that aren't alike in both tables. */
async function differing(a: string, b: string): Promise<string[]> {
  const rowsOf = (name: string) => `SELECT chunk_id, entity_id, updated_at, embedding::text FROM ${name}`;
  const one = (from: string, to: string) => `(${rowsOf(from)} EXCEPT ${rowsOf(to)})`;
  const { rows: found } = await client.query(
    `SELECT DISTINCT chunk_id FROM (${one(a, b)} UNION ALL ${one(b, a)}) AS d`,
  );
  return found.map(({ chunk_id }) => String(chunk_id)).toSorted();
}

/** A running `sync` that serves its status. */
async function follow(place: Place, args: readonly string[]) {
  const run = await startSync(place, [...fast, "--listen", `${address}:0`, ...args]);
  onTestFinished(async () => void (await run.stop()));
  const isOver = () => !run.isRunning();
  const describe = () => run.output().slice(-2000);
  const find = async () => /"event":"serving".*"port":(\d+)/.exec(run.output("stderr"))?.[1];
  const url = `http://${address}:${await eventually("sync serves", find, { everyMs: 5, isOver, describe })}`;
  const get = async (path: string) => {
    const { statusCode, body } = await request(`${url}${path}`);
    return { statusCode, text: await body.text() };
  };
  const status = async (): Promise<SyncStatus> => syncStatusSchema.parse(JSON.parse((await get("/v1/sync")).text));
  const until = (what: string, ask: (status: SyncStatus) => Promise<boolean> | boolean) =>
    eventually(what, async () => ask(await status()), { isOver, describe });
  const leave = async (removals: "allow" | "hold"): Promise<SyncStatus> => {
    const { body } = await request(`${url}${removalsPath}?removals=${removals}`, { method: "POST" });
    return syncStatusSchema.parse(await body.json());
  };
  return { ...run, get, status, until, leave };
}

test("what an application writes and removes arrives while it is followed, and SIGTERM ends it with exit code 0", async () => {
  const sync = await follow(open(await table("src", rows), await table("dst", 0)), [
    "--verify-every",
    "1",
    "--delete-extra",
  ]);
  await sync.until("the source was read through", ({ state }) => state === "following");
  const { connectionString } = postgres;
  const embedding = "format('[%s,%s,1]', random(), random())::vector";
  const busy = await keepBusy({
    connectionString,
    table: "src",
    embedding,
    idOf,
    ids: rows,
    random: makeRandom(1),
    everyMs: 5,
  });
  await sync.until("a hundred writes arrived", ({ done }) => done.replaced > 100);
  expect((await busy.stop()).writes).toBeGreaterThan(100);
  await sync.until("nothing differs", async () => (await differing("src", "dst")).length === 0);
  await sync.until(
    "a verification found nothing more",
    ({ verified }) => verified?.left === 0 && verified.removed === 0,
  );
  const status = await sync.status();
  expect(status).toMatchObject({ state: "following", backlog: 0, fault: null, refused: { count: 0 } });
  const { removed } = status.done;
  expect(removed).toBeGreaterThan(0);
  const { text } = await sync.get("/metrics");
  expect(text).toContain(`retriever_sync_removed_total ${removed}\n`);
  expect(text).toContain("retriever_sync_failing 0");
  expect((await sync.get("/readyz")).statusCode).toBe(200);
  sync.signal("SIGTERM");
  expect(await sync.ended).toBe(0);
  const last = JSON.parse(sync.output("stdout").trim().split("\n").at(-1) ?? "") as { sync: object };
  expect(syncStatusSchema.parse(last.sync).done.removed).toBe(removed);
});

test("what only the destination has goes with leave alone, and a leave that is taken back ends it", async () => {
  const place = open(await table("leave_src", 20), await table("leave_dst", 40));
  const sync = await follow(place, ["--verify-every", "1", "--delete-extra", "--removals-need-leave"]);
  const compared = async () => {
    const before = await sync.status();
    const isNewer = ({ verified }: SyncStatus) =>
      verified !== null && verified.finishedAt !== before.verified?.finishedAt;
    await sync.until("another verification ended", isNewer);
    return sync.status();
  };
  await sync.until("one verification ended", ({ verified }) => verified !== null);
  expect(await compared()).toMatchObject({ removals: "held", done: { removed: 0 }, verified: { left: 20 } });
  expect(sync.output("stderr")).toContain("nobody gives leave to remove: nothing is removed but what");
  expect(await sync.leave("allow")).toMatchObject({ removals: "allowed" });
  await sync.until("they are removed", ({ done: { removed } }) => removed === 20);
  await sync.leave("hold");
  await sync.until("the removal has ended", ({ removals }) => removals === "held");
  await client.query(`INSERT INTO leave_dst (chunk_id, entity_id, embedding) VALUES ('own', 'e', '[1,2,3]')`);
  await compared();
  expect(await compared()).toMatchObject({ removals: "held", done: { removed: 20 }, verified: { left: 1 } });
  await client.query("UPDATE leave_dst SET updated_at = now() WHERE chunk_id = 'chunk 4'");
  await client.query("DELETE FROM leave_src WHERE chunk_id IN ('chunk 3', 'chunk 4')");
  await sync.until("what the source was seen to hold goes", ({ done: { removed } }) => removed === 21);
  expect(await compared()).toMatchObject({ removals: "held", done: { removed: 21 }, verified: { left: 2 } });
  expect(await differing("leave_src", "leave_dst")).toEqual(["chunk 4", "own"]);
});

test("a chunk that the destination refuses is named and holds up no other, until it is taken", async () => {
  const source = await table("narrow_src", 20);
  const destination = await table("narrow_dst", 0);
  await client.query("ALTER TABLE narrow_dst ADD CONSTRAINT short CHECK (length(entity_id) < 10)");
  const sync = await follow(open(source, destination), ["--verify-every", "3600"]);
  await sync.until("the source was read through", ({ state }) => state === "following");
  await client.query(`INSERT INTO narrow_src (chunk_id, entity_id, embedding) SELECT 'new ' || i,
    CASE WHEN i % 5 = 0 THEN repeat('x', 20) ELSE 'e' END, '[1,2,3]' FROM generate_series(1, 50) AS i`);
  await sync.until("the refused ones are named", ({ refused }) => refused.count === 10);
  await sync.until("all others arrived", async () => (await differing("narrow_src", "narrow_dst")).length === 10);
  const { refused } = await sync.status();
  expect(refused.chunks).toContainEqual({ id: "new 5", reason: expect.stringContaining("a check isn't met") });
  await client.query("ALTER TABLE narrow_dst DROP CONSTRAINT short");
  await sync.until("they are taken", async ({ refused: { count } }) => count === 0);
  expect(await differing("narrow_src", "narrow_dst")).toEqual([]);
});

test("a transaction that commits long after its moment is brought by a verification, and a store that is gone is waited for", async () => {
  const sync = await follow(open(await table("late_src", 20), await table("late_dst", 20)), ["--verify-every", "2"]);
  await sync.until("the source was read through", ({ state }) => state === "following");
  const writer = new Client({ connectionString: postgres.connectionString });
  await writer.connect();
  await writer.query("BEGIN; UPDATE late_src SET updated_at = now(), entity_id = 'late' WHERE chunk_id = 'chunk 7'");
  const { done } = await sync.status();
  await sync.until("passes went by", ({ done: { passes } }) => passes > done.passes + 5);
  await writer.query("COMMIT");
  await writer.end();
  await sync.until("a verification brought it", ({ done: { missed } }) => missed === 1);
  expect(await differing("late_src", "late_dst")).toEqual([]);

  await client.query("ALTER TABLE late_dst RENAME TO gone");
  await client.query("UPDATE late_src SET updated_at = now(), entity_id = 'new'");
  await sync.until("the fault is told", ({ fault }) => fault !== null);
  const failing = (await sync.status()).lagSeconds ?? 0;
  await sync.until("the lag grows meanwhile", ({ lagSeconds }) => (lagSeconds ?? 0) > failing);
  await client.query("ALTER TABLE gone RENAME TO late_dst");
  await sync.until("it goes on", ({ fault, backlog }) => fault === null && backlog === 0);
  await sync.until("nothing differs", async () => (await differing("late_src", "late_dst")).length === 0);
});

test("C5: killed anywhere while the source is written, a last run leaves no difference", async () => {
  const random = makeRandom(23);
  const place = open(await table("busy", rows), await collection("busy"));
  const { connectionString } = postgres;
  const embedding = "format('[%s,%s,1]', random(), random())::vector";
  const busy = await keepBusy({ connectionString, table: "busy", embedding, idOf, ids: rows, random, everyMs: 20 });
  for (let kill = 0; kill < 3; kill += 1) {
    const run = await startSync(place, [...fast, "--verify-every", "1", "--delete-extra"]);
    await pause(400 + random() * 1500);
    run.signal("SIGKILL");
    await run.ended;
  }
  expect((await busy.stop()).writes).toBeGreaterThan(0);
  const last = await runSync(place, [...fast, "--once", "--delete-extra"]);
  expect([last.exitCode, last.stdout]).toEqual([0, expect.stringContaining('"left":0')]);
  expect((await runVerify(place, ["--level", "vector", "--budget", "none", "--lag", "0"])).exitCode).toBe(0);
});

test("from a collection into a table: what it holds, and what its application adds and changes", async () => {
  const source = await collection("points");
  const put = (id: string, entity: string) =>
    caller.call({
      method: "PUT",
      path: pathOf("points", "/points?wait=true"),
      body: {
        points: [
          {
            id: pointIdOf(id),
            vector: [0, 1, 0],
            payload: { chunk_id: id, entity_id: entity, updated_at: new Date().toISOString() },
          },
        ],
      },
    });
  await put("a", "old");
  const sync = await follow(open(source, await table("pointed", 0)), []);
  await sync.until("the source was read through", ({ state }) => state === "following");
  await put("b", "new");
  await put("a", "changed");
  const held = async () => (await client.query("SELECT chunk_id, entity_id FROM pointed ORDER BY chunk_id")).rows;
  await sync.until(
    "both arrived",
    async () => (await held()).map(({ entity_id }) => entity_id).join() === "changed,new",
  );
  expect((await sync.status()).done).toMatchObject({ replaced: 1, missed: 0 });
});

test("once the configuration makes the destination the primary, nothing that only it holds is removed any more", async () => {
  const [source, destination] = [await table("old_src", 20), await table("new_dst", 20)];
  const place = open(source, destination);
  const sync = await follow(place, ["--verify-every", "1", "--delete-extra"]);
  await client.query("INSERT INTO new_dst (chunk_id, embedding) VALUES ('extra', '[1,2,3]')");
  await sync.until("what only the destination has goes", ({ done }) => done.removed === 1);
  const dualRead = { enabled: true, sampleRate: 0, shadow: source };
  writeFileSync(join(place.path, "config", "retriever.json"), JSON.stringify({ primary: destination, dualRead }));
  await client.query("INSERT INTO new_dst (chunk_id, embedding) VALUES ('written after the cutover', '[1,2,3]')");
  await sync.until("a verification leaves it", ({ verified }) => verified?.left === 1);
  expect(await differing("old_src", "new_dst")).toEqual(["written after the cutover"]);
  expect(sync.output("stderr")).toContain("nothing is removed");
});

test("SIGTERM ends it though a store takes connections and never answers", async () => {
  const deaf = createServer();
  const port = await new Promise<number>((resolve) => {
    deaf.listen(0, address, () => resolve((deaf.address() as AddressInfo).port));
  });
  onTestFinished(() => void deaf.close());
  const silent = { kind: "pgvector", connectionString: `postgresql://u:p@${address}:${port}/x`, table: "t" };
  const run = await startSync(open(await table("heard", 3), silent));
  const connected = new Promise((resolve) => deaf.once("connection", resolve));
  await Promise.race([connected, run.ended]);
  run.signal("SIGTERM");
  await eventually("it ends", async () => !run.isRunning(), { everyMs: 20, deadlineMs: 10_000 });
  expect(await run.ended).toBe(0);
});

test("what can't be followed is refused before anything is written", async () => {
  const source = await table("undated", 3);
  const destination = { ...(await collection("undated")), layout: "langchain" };
  const undated = await runSync(open(source, destination), ["--once"]);
  expect([undated.exitCode, undated.stderr]).toEqual([3, expect.stringContaining("nothing to follow")]);
  const odd = await runSync(open(source, await collection("odd")), ["--interval", "0", "--listen", "here"]);
  expect([odd.exitCode, odd.stderr]).toEqual([3, expect.stringContaining("--interval: expected seconds")]);
  expect(odd.stderr).toContain("--listen: expected host:port");
});
