// C2: a repair of 1,500 chunks with an application at work on both stores, on a real server and on the stand-in.
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { type Caller, openQdrant, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { makeRandom } from "#support/random.ts";
import { placeOf, reportFile, runVerify } from "#support/verify/verify-process.ts";

const address = "127.0.0.79";
const perKind = 500;
const writers = 3;
const [early, late] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];

/** One store as the application writes it: a chunk's mark says who wrote it. */
type Store = {
  readonly put: (id: string, mark: string, updatedAt: string) => Promise<unknown>;
  readonly remove: (id: string) => Promise<unknown>;
  /** Marks of all chunks. */
  readonly read: () => Promise<ReadonlyMap<string, string>>;
  readonly adapter: object;
};

let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
let qdrant: Qdrant;
let caller: Caller;
const clients: Client[] = [];

beforeAll(async () => {
  [postgres, qdrant] = await Promise.all([
    startWheelPostgres({ address, version: "16-0.8" }),
    startQdrant({ address, external: { url: undefined, apiKey: undefined } }),
  ]);
  caller = openQdrant(qdrant);
  for (let index = 0; index < writers; index += 1) {
    const client = new Client({ connectionString: postgres.connectionString });
    await client.connect();
    clients.push(client);
  }
  await clients[0]?.query("CREATE EXTENSION vector");
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await caller.close();
  await Promise.all([postgres.close(), qdrant.close()]);
});

async function makeTable(table: string): Promise<Store> {
  const [client] = clients as [Client];
  await client.query(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (chunk_id text PRIMARY KEY, entity_id text,
    updated_at timestamptz, embedding vector(2), mark text)`);
  // Each chunk has a writer of its own, so that what was written last is known.
  const clientOf = (id: string): Client => clients[Number(id.split("-")[1]) % writers] as Client;
  const upsert = `INSERT INTO ${table} VALUES ($1, 'e', $3, '[1,0]', $2)
    ON CONFLICT (chunk_id) DO UPDATE SET mark = EXCLUDED.mark, updated_at = EXCLUDED.updated_at`;
  return {
    put: (id, mark, updatedAt) => clientOf(id).query(upsert, [id, mark, updatedAt]),
    remove: (id) => clientOf(id).query(`DELETE FROM ${table} WHERE chunk_id = $1`, [id]),
    read: async () => {
      const { rows } = await client.query<{ chunk_id: string; mark: string }>(`SELECT chunk_id, mark FROM ${table}`);
      return new Map(rows.map(({ chunk_id, mark }) => [chunk_id, mark]));
    },
    adapter: { kind: "pgvector", connectionString: postgres.connectionString, table, metadataColumns: ["mark"] },
  };
}

async function makeCollection(collection: string): Promise<Store> {
  await caller.call({ method: "PUT", path: pathOf(collection), body: { vectors: { size: 2, distance: "Cosine" } } });
  const write = (method: "PUT" | "POST", rest: string, body: object) =>
    caller.call({ method, path: pathOf(collection, rest), body });
  return {
    put: (id, mark, updated_at) => {
      const payload = { chunk_id: id, entity_id: "e", updated_at, mark };
      return write("PUT", "/points?wait=true", { points: [{ id: pointIdOf(id), vector: [1, 0], payload }] });
    },
    remove: (id) => write("POST", "/points/delete?wait=true", { points: [pointIdOf(id)] }),
    read: async () => {
      const { points } = (await write("POST", "/points/scroll", { limit: 10_000 })) as {
        readonly points: readonly { readonly payload: { readonly chunk_id: string; readonly mark: string } }[];
      };
      return new Map(points.map(({ payload }) => [payload.chunk_id, payload.mark]));
    },
    adapter: { kind: "qdrant", url: qdrant.url, collection },
  };
}

const ids = Array.from({ length: 3 * perKind }, (_, index) => `${["missing", "stale", "extra"][index % 3]}-${index}`);

async function fill(source: Store, destination: Store): Promise<void> {
  for (const id of ids) {
    if (!id.startsWith("extra")) await source.put(id, "source", late);
    if (!id.startsWith("missing")) await destination.put(id, "destination", early);
  }
}

type Wrote = { readonly store: Store; readonly id: string; readonly mark: string | null };

/** Writes both stores until it is stopped; what it wrote last of each chunk in each, null where it removed it. */
function startWriters(stores: readonly [Store, Store]): { readonly stop: () => Promise<readonly Wrote[]> } {
  const stopping = new AbortController();
  const last = new Map<string, Wrote>();
  const run = async (writer: number): Promise<void> => {
    const random = makeRandom(writer + 1);
    const own = ids.filter((id) => Number(id.split("-")[1]) % writers === writer);
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const id = own[Math.floor(random() * own.length)] as string;
      const side = random() < 0.7 ? 1 : 0;
      const store = stores[side];
      const mark = random() < 0.15 ? null : `application ${writer} ${turn}`;
      // As often without a moment of its own: what was there before says the same of it.
      const moment = random() < 0.5 ? (side === 0 ? late : early) : new Date().toISOString();
      await (mark === null ? store.remove(id) : store.put(id, mark, moment));
      last.set(`${side} ${id}`, { store, id, mark });
    }
  };
  const running = Promise.all(Array.from({ length: writers }, (_, writer) => run(writer)));
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return [...last.values()];
    },
  };
}

test.each([
  { kind: "a table", make: () => makeTable("copy") },
  { kind: "a collection", make: () => makeCollection("copy") },
])(
  "C2: a repair of $kind beside writers overwrites nothing newer and removes nothing that changed",
  async ({ make }) => {
    const [source, destination] = [await makeTable("origin"), await make()];
    await fill(source, destination);
    const place = placeOf(source.adapter, destination.adapter);
    onTestFinished(place.remove);
    await runVerify(place, ["--lag", "0", "--budget", "none", "--level", "fresh"]);
    expect(place.report().counts).toMatchObject({ missing: perKind, stale: perKind, extra: perKind });
    const writing = startWriters([source, destination]);
    const args = ["--direction", "source-to-destination", "--delete-extra", "--yes", "--budget", "1000", "--lag", "0"];
    const { stdout } = await runVerify(place, ["--repair", reportFile(place), ...args]);
    const wrote = await writing.stop();
    const line = stdout.split("\n").findLast((each) => each.startsWith('{"repair"')) ?? "{}";
    const { done } = (
      JSON.parse(line) as { repair: { done: { written: number; removed: number; left: { changed: number } } } }
    ).repair;
    // Both kinds of chunks are there: those that the repair was quicker to, and those that the application was.
    expect(Math.min(done.written, done.left.changed)).toBeGreaterThan(20);
    const held = new Map([
      [source, await source.read()],
      [destination, await destination.read()],
    ]);
    const lost = wrote.filter(({ store, id, mark }) => {
      const now = held.get(store)?.get(id);
      // A chunk that the application removed from the written store may come back: the other one had it when it was read.
      return mark === null ? store === source && now !== undefined : now !== mark;
    });
    expect(lost.map(({ store, id, mark }) => `${store === source ? "source" : "destination"} ${id} ${mark}`)).toEqual(
      [],
    );
  },
);
