// Postgres as people have it, on a real server and behind Debian's pgbouncer: served exactly, or refused with a remedy.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { makeSpec, openBackend } from "@retriever/stores/test/spec.ts";
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

  test.each([true, false])("has no part in conditions, filters and answers, prepared statements %s", (prepared) =>
    sees({ preparedStatements: prepared }),
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
