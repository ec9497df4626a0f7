// Postgres as people have it, on a real server and behind Debian's pgbouncer: served exactly, or refused with a remedy.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import type { ChunkStore } from "@retriever/stores/ports/chunk-store.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { makeSpec, openBackend, testDeps } from "@retriever/stores/test/spec.ts";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { hasPgbouncer, startPgbouncer } from "#stores/pgbouncer.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";

const isPooled = await hasPgbouncer();
const whyNot = isPooled ? "" : ", skipped: apt-get install pgbouncer";
const limit = (): AbortSignal => AbortSignal.timeout(20_000);
let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
let client: Client;
const opened: Backend[] = [];

beforeAll(async () => {
  postgres = await startWheelPostgres({ address: "127.0.0.143", version: "16-0.8" });
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query("CREATE EXTENSION vector");
});

beforeEach(async () => {
  await client.query("DROP TABLE IF EXISTS chunks CASCADE");
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

async function open(adapter: object = {}): Promise<Backend> {
  const { connectionString } = postgres;
  const backend = await openBackend("pgvector", { connectionString, table: "chunks", timeoutMs: 10_000, ...adapter });
  opened.push(backend);
  return backend;
}

function openChunks(adapter: object = {}): ChunkStore {
  const { connectionString } = postgres;
  const identity = { kind: "pgvector", label: "test", digest: "0".repeat(32) };
  const kind = adapters.find((each) => each.kind === "pgvector");
  const spec = makeSpec("pgvector", { connectionString, table: "chunks", ...adapter });
  const store = kind?.makeChunkStore?.(spec, { identity, fields: [] });
  if (store === undefined) throw new Error("there is no chunk store of pgvector");
  onTestFinished(() => store.close());
  return store;
}

/** How many chunks a scan reads. */
async function readThrough(store: ChunkStore): Promise<number> {
  let read = 0;
  for await (const batch of store.scan({ level: "fresh", sinceMs: null, after: null, pageSize: 10_000 }, limit())) {
    read += batch.count;
  }
  return read;
}

const adapters = await loadAdapters();
const columns = "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, lang text";
const ask = (backend: Backend, body: object = {}) =>
  backend.retrieve(requestOf({ embedding: [1, 0], k: 10, ...body }), limit());

describe("what a role sets", () => {
  const odd = { datestyle: "'SQL, DMY'", timezone: "'America/New_York'", extra_float_digits: "-10" };

  beforeEach(async () => {
    for (const [name, value] of Object.entries(odd)) await client.query(`ALTER ROLE postgres SET ${name} TO ${value}`);
    await client.query(`
      CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, at timestamp, price real,
        embedding vector(2));
      INSERT INTO chunks VALUES ('a', 'e', '2026-04-03 10:00Z', '2026-04-03 12:00', 0.1234567, '[1,0]'),
        ('b', 'e', '2026-03-04 10:00Z', '2026-03-04 12:00', 0.1234568, '[1,0.1]')`);
  });

  afterEach(() => client.query("ALTER ROLE postgres RESET ALL"));

  const fields = { metadata: [{ name: "price" }, { name: "at" }] };
  const sees = async (adapter: object): Promise<void> => {
    // A condition that means another day by another order of day and month, and another moment in another zone.
    const where = "updated_at > '2026-04-03 09:00' AND updated_at < '2026-04-03 11:00' OR chunk_id = 'b'";
    const backend = await open({ fields, where, ...adapter });
    for (const filter of [
      { op: "in", field: { name: "price", type: "float", isList: false }, values: [0.123_456_7] },
      { op: "in", field: { name: "at", type: "moment", isList: false }, values: ["2026-04-03T12:00:00.000000Z"] },
    ] as const) {
      const content = { text: false, metadata: ["price"] };
      const { candidates } = await backend.retrieve(
        { ...requestOf({ embedding: [1, 0], k: 10 }), filter, content },
        limit(),
      );
      expect(candidates).toMatchObject([
        { chunkId: "a", updatedAt: "2026-04-03T10:00:00.000Z", metadata: { price: 0.123_456_7 } },
      ]);
    }
    const flat = await ask(backend, { filters: { at: "2026-04-03 12:00" } });
    expect(flat.candidates.map(({ chunkId }) => chunkId)).toEqual(["a"]);
    expect(await backend.probe(limit())).toMatchObject({ count: 2, fault: null });
  };

  test.each([true, false])(
    "has no part in conditions, filters and answers, prepared statements %s",
    async (prepared) => {
      await expect(sees({ preparedStatements: prepared })).resolves.toBeUndefined();
    },
  );

  describe.skipIf(!isPooled)(`behind pgbouncer of Debian${whyNot}`, () => {
    let front: Awaited<ReturnType<typeof startPgbouncer>>;

    beforeAll(async () => {
      // One session for all, so that whatever is left on it is seen.
      front = await startPgbouncer(postgres.connectionString, { default_pool_size: "1" });
    });

    afterAll(() => front.close());

    test.each([true, false])(
      "has none either, and nothing is left to others, prepared statements %s",
      async (prepared) => {
        const other = new Client({ connectionString: front.connectionString });
        await other.connect();
        onTestFinished(() => other.end());
        // Of pgvector's own it is 40, once the session has loaded it.
        const text = `SELECT name, setting FROM pg_settings WHERE name ~ 'timeout|row_sec|interval|float|zone|datestyle'
        UNION ALL SELECT 'ef_search', coalesce(current_setting('hnsw.ef_search', true), '40')`;
        const seen = async () => (await other.query<object>(text)).rows;
        const before = await seen();
        await sees({
          connectionString: front.connectionString,
          preparedStatements: prepared,
          indexSettings: { hnswEfSearch: 77 },
        });
        await Promise.all(opened.splice(0).map((backend) => backend.close()));
        expect(await seen()).toEqual(before.map((row: object) => row));
        await other.end();
      },
    );
  });
});

describe("a view", () => {
  test("of more rows than are counted is served, counted by the planner and read through by its table's index", async () => {
    await client.query(`
      CREATE TABLE chunks (${columns}, embedding vector(2));
      INSERT INTO chunks SELECT g::text, 'e', now(), 'en', '[1,0]' FROM generate_series(1, 60000) g;
      CREATE INDEX ON chunks USING ivfflat (embedding vector_cosine_ops) WITH (lists = 1);
      CREATE VIEW seen AS SELECT * FROM chunks WHERE lang IS NOT NULL; ANALYZE chunks`);
    const facts = await (await open({ table: "seen" })).probe(limit());
    expect(facts).toMatchObject({ fault: null, remarks: [] });
    expect(facts.count).toBeGreaterThan(55_000);
    const store = openChunks({ table: "seen" });
    const { count, isLookUpCheap } = await store.describe(limit());
    expect({ isCounted: (count ?? 0) > 55_000, isLookUpCheap }).toEqual({ isCounted: true, isLookUpCheap: true });
    expect(await readThrough(store)).toBe(60_000);
    await client.query("ALTER TABLE chunks DROP CONSTRAINT chunks_pkey");
    await expect(openChunks({ table: "seen" }).describe(limit())).rejects.toMatchObject({
      code: "RETR_VERIFY_NOT_COMPARABLE",
      message: expect.stringContaining("below a view") as string,
    });
  });

  test.each([
    ["with its reader's rights", "WITH (security_invoker = true)", "reader"],
    ["with the rights of an owner whom the table isn't", "", "keeper"],
  ])(
    "%s over a table of which a policy hides rows says so, and is no source of a verification",
    async (_, option, owner) => {
      await client.query(`
      DROP ROLE IF EXISTS reader, keeper; CREATE ROLE reader LOGIN PASSWORD 'x'; CREATE ROLE keeper LOGIN PASSWORD 'x';
      CREATE TABLE chunks (${columns}, embedding vector(2));
      INSERT INTO chunks SELECT g::text, 'e', now(), 'en', '[1,0]' FROM generate_series(1, 10) g;
      ALTER TABLE chunks ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON chunks USING (chunk_id < '5');
      GRANT SELECT ON chunks TO reader, keeper; CREATE VIEW seen ${option} AS SELECT * FROM chunks;
      ALTER VIEW seen OWNER TO ${owner}; GRANT SELECT ON seen TO reader`);
      onTestFinished(async () => {
        await client.query("DROP TABLE chunks CASCADE; DROP OWNED BY reader, keeper; DROP ROLE reader, keeper");
      });
      const { href: connectionString } = Object.assign(new URL(postgres.connectionString), {
        username: "reader",
        password: "x",
      });
      const backend = await open({ table: "seen", connectionString });
      expect((await ask(backend)).candidates.length).toBeLessThan(10);
      expect((await backend.probe(limit())).remarks).toContainEqual(expect.stringContaining("row-level security"));
      await expect(openChunks({ table: "seen", connectionString }).describe(limit())).rejects.toMatchObject({
        code: "RETR_VERIFY_NOT_COMPARABLE",
      });
      await backend.close();
    },
  );
});

test("an error of a row, by a view or the base's condition, isn't the request's", async () => {
  await client.query(`
    CREATE TABLE chunks (${columns}, pages text, embedding vector(2));
    INSERT INTO chunks VALUES ('a', 'e', now(), 'en', '12', '[1,0]'), ('b', 'e', now(), 'en', 'twelve', '[1,0]');
    CREATE VIEW seen AS SELECT chunk_id, entity_id, updated_at, lang, embedding, pages::int AS pages FROM chunks`);
  const fault = {
    code: "RETR_BACKEND_ANSWER_INVALID",
    message: expect.stringContaining("a row can't be read") as string,
  };
  for (const { filters, ...adapter } of [
    { table: "seen", metadataColumns: ["pages"], filters: { pages: "12" } },
    { where: "pages::int > 1", metadataColumns: ["lang"], filters: { lang: "en" } },
  ]) {
    for (const preparedStatements of [true, false]) {
      const backend = await open({ ...adapter, preparedStatements });
      await expect(ask(backend, { filters })).rejects.toMatchObject(fault);
    }
  }
  // What the request got wrong goes on being its own.
  const backend = await open({ table: "seen", metadataColumns: ["pages"] });
  await expect(ask(backend, { filters: { pages: "twelve" } })).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID" });
});

describe("what isn't there", () => {
  test.each([
    [{ table: "absent" }, false],
    [{ schema: "absent" }, false],
    [{ fields: { text: "absent" } }, true],
    [{ embeddingColumn: "lang" }, true],
    [{ where: "absent = 1" }, true],
  ])("%j: the probe says whether the table is", async (adapter, exists) => {
    await client.query(`CREATE TABLE chunks (${columns}, embedding vector(2))`);
    const facts = await (await open(adapter)).probe(limit());
    expect(facts).toMatchObject({ reachable: true, exists, fault: { code: "RETR_BACKEND_MISSING" } });
  });
});

test("an index that knows neither order nor equality of a field serves no filter by it", async () => {
  await client.query(`
    CREATE TABLE chunks (${columns}, pages int, meta jsonb, tags text[], embedding vector(2));
    CREATE INDEX ON chunks USING hash (pages); CREATE INDEX ON chunks USING brin (updated_at);
    CREATE INDEX ON chunks USING btree (meta); CREATE INDEX ON chunks USING gin (tags); CREATE INDEX ON chunks USING hash (lang)`);
  const filterable = {
    pages: "integer",
    updated_at: "moment",
    "meta.a": "keyword",
    tags: "keyword[]",
    lang: "keyword",
  } as const;
  const { connectionString } = postgres;
  const kind = adapters.find((each) => each.kind === "pgvector");
  const spec = makeSpec("pgvector", { connectionString, table: "chunks" });
  const backend = kind?.makeBackend(spec, { ...testDeps, filterable }) as Backend;
  opened.push(backend);
  const { remarks } = await backend.probe(limit());
  expect(remarks).toContain("no index serves filters by pages, updated_at, meta.a");
});
