// Postgres as people have it, on a real server and behind Debian's pgbouncer: served exactly, or refused with a remedy.
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import { type ChunkStore, oddMoments } from "@retriever/stores/ports/chunk-store.ts";
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
  const { remarks } = await openFiltered(filterable).probe(limit());
  expect(remarks).toContain("no index serves filters by pages, updated_at, meta.a");
});

function openFiltered(filterable: Filterable): Backend {
  const kind = adapters.find((each) => each.kind === "pgvector");
  const spec = makeSpec("pgvector", { connectionString: postgres.connectionString, table: "chunks" });
  const backend = kind?.makeBackend(spec, { ...testDeps, filterable }) as Backend;
  opened.push(backend);
  return backend;
}

test("an index that each partition has of its own serves a filter, and one that a partition lacks doesn't", async () => {
  await client.query(`
    CREATE TABLE chunks (chunk_id text, entity_id text, updated_at timestamptz, lang text, pages int, embedding vector(2)) PARTITION BY LIST (lang);
    CREATE TABLE chunks_de PARTITION OF chunks FOR VALUES IN ('de'); CREATE TABLE chunks_rest PARTITION OF chunks DEFAULT;
    CREATE INDEX ON chunks_de (entity_id); CREATE INDEX ON chunks_rest (entity_id); CREATE INDEX ON chunks_de (pages)`);
  const { remarks } = await openFiltered({ entity_id: "keyword", pages: "integer" }).probe(limit());
  expect(remarks?.filter((remark) => remark.includes("filters"))).toEqual(["no index serves filters by pages"]);
});

test("of a view the fields are named that no index below it serves, and no others", async () => {
  await client.query(`
    CREATE TABLE docs (doc int PRIMARY KEY, title text);
    CREATE TABLE below (${columns}, pages int, meta jsonb, doc int, embedding vector(2));
    CREATE INDEX ON below (lang); CREATE INDEX ON below USING gin (meta)`);
  onTestFinished(async () => void (await client.query("DROP TABLE below, docs CASCADE")));
  await client.query("CREATE VIEW chunks AS SELECT * FROM below LEFT JOIN docs USING (doc)");
  const filterable = { lang: "keyword", pages: "integer", "meta.a": "keyword[]", "meta.b": "float" } as const;
  const { remarks, fault } = await openFiltered(filterable).probe(limit());
  expect(fault).toBeNull();
  expect(remarks?.filter((remark) => remark.includes("filters"))).toEqual(["no index serves filters by pages, meta.b"]);
});

test("a label that is added to an enum, or gets another name, is found from the next request on", async () => {
  await client.query(`
    DROP TYPE IF EXISTS kind; CREATE TYPE kind AS ENUM ('old', 'kept');
    CREATE TABLE chunks (${columns}, namespace kind, embedding vector(2));
    INSERT INTO chunks VALUES ('a', 'e', now(), 'en', 'old', '[1,0]'), ('b', 'e', now(), 'en', 'kept', '[1,0]')`);
  const backend = openFiltered({ namespace: "keyword" });
  const asked = async (...values: string[]) => {
    const filter = { op: "in", field: { name: "namespace", type: "keyword", isList: false }, values } as const;
    const filtered = await backend.retrieve({ ...requestOf({ embedding: [1, 0], k: 10 }), filter }, limit());
    const named = await Promise.all(values.map((namespace) => ask(backend, { namespace })));
    const ids = (answers: readonly { candidates: readonly { chunkId: string }[] }[]) =>
      answers.flatMap(({ candidates }) => candidates.map(({ chunkId }) => chunkId)).toSorted();
    expect(ids(named)).toEqual(ids([filtered]));
    return ids(named);
  };
  expect(await asked("old", "new")).toEqual(["a"]);
  await client.query("ALTER TYPE kind RENAME VALUE 'old' TO 'new'; ALTER TYPE kind ADD VALUE 'late'");
  await client.query("UPDATE chunks SET namespace = 'late' WHERE chunk_id = 'b'");
  expect(await asked("old")).toEqual([]);
  expect(await asked("new", "late")).toEqual(["a", "b"]);
});

test("a day that no moment reaches can't be read as one, and ends no verification", async () => {
  await client.query(`
    CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at date, embedding vector(2));
    INSERT INTO chunks VALUES ('a', 'e', '5874897-12-31', '[1,0]'), ('b', 'e', 'infinity', '[1,0]'), ('c', 'e', '2026-01-01', '[1,0]');
    CREATE INDEX ON chunks (updated_at)`);
  const store = openChunks();
  expect(await store.describe(limit())).toMatchObject({ newestUpdatedAtMs: Date.parse("2026-01-01") });
  expect(await readThrough(store)).toBe(3);
  const found = await store.lookUp(["a", "b", "c"], "fresh", limit());
  const { unreadable, future } = oddMoments;
  expect(Object.fromEntries(found.map(({ id, updatedAtMs }) => [id, updatedAtMs]))).toEqual({
    a: unreadable,
    b: future,
    c: Date.parse("2026-01-01"),
  });
});

test("ids of a type without an order are refused by their type, to be served as to be verified", async () => {
  await client.query("CREATE TABLE chunks (chunk_id xid, entity_id text, updated_at timestamptz, embedding vector(2))");
  const fault = {
    code: "RETR_BACKEND_MISSING",
    message: expect.stringMatching(/^chunk_id: expected .* it is xid/) as string,
  };
  expect(await (await open()).probe(limit())).toMatchObject({ fault });
  await expect(openChunks().describe(limit())).rejects.toMatchObject(fault);
});

test.each(["text_pattern_ops", 'COLLATE "POSIX"'])("an index with %s gives no order of the ids", async (by) => {
  await client.query(`
    CREATE TABLE chunks (chunk_id text, entity_id text, updated_at timestamptz, embedding vector(2));
    CREATE UNIQUE INDEX ON chunks (chunk_id ${by})`);
  expect(await openChunks().describe(limit())).toMatchObject({ isLookUpCheap: false });
  await client.query("CREATE INDEX ON chunks (chunk_id)");
  expect(await openChunks().describe(limit())).toMatchObject({ isLookUpCheap: true });
});
