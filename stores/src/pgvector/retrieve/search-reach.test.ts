// How many rows an index finds: as many as are asked for, and where it finds fewer, that is said beforehand.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { checkTable } from "../check/check-table.ts";
import { makePgvectorBackend } from "./backend.ts";

let postgres: TestPostgres;
const opened: Backend[] = [];

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  await postgres.exec(`CREATE TABLE many (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, namespace text, embedding vector(3));
    INSERT INTO many SELECT n::text, 'e', now(), 'all', ARRAY[sin(n), cos(n), sin(n * 7)]::vector FROM generate_series(1, 4000) AS n;
    CREATE INDEX many_idx ON many USING hnsw (embedding vector_cosine_ops); ANALYZE many`);
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
});

afterAll(() => postgres.close());

function specOf(change: object) {
  const { connectionString, hasSessions } = postgres;
  const pooled = hasSessions ? { poolSize: 2 } : { preparedStatements: false, poolSize: 1 };
  return makeSpec("pgvector", { connectionString, table: "many", timeoutMs: 5000, ...pooled, ...change });
}

function open(change: object): Backend {
  const backend = makePgvectorBackend(specOf(change), testDeps);
  opened.push(backend);
  return backend;
}

async function found(backend: Backend, k: number): Promise<number> {
  const request = requestOf({ embedding: [1, 1, 1], k });
  return (await backend.retrieve(request, AbortSignal.timeout(5000))).candidates.length;
}

async function reaches(indexSettings: object): Promise<string[]> {
  const checked = await checkTable(specOf({ indexSettings }), {
    signal: AbortSignal.timeout(5000),
    filterable: undefined,
  });
  return checked
    .filter(({ field }) => field === "indexSettings")
    .map(({ level, found: said, remedy }) => `${level} ${said}: ${remedy}`);
}

test.each([
  ["the server's own hnsw.ef_search", {}],
  ["a longer hnsw.ef_search", { hnswEfSearch: 100 }],
  ["a shorter hnsw.ef_search", { hnswEfSearch: 5 }],
])("a request gets as many chunks as it asks for, by an index with %s", async (_, indexSettings) => {
  const backend = open({ indexSettings });
  expect((await backend.probe(AbortSignal.timeout(5000))).remarks).toEqual([]);
  for (const k of [3, 41, 101, 500, 5]) expect(await found(backend, k)).toBe(k);
});

test("an index that ends its search whatever conditions leave is told beforehand with the setting that makes it", async () => {
  expect(await reaches({})).toEqual([
    expect.stringMatching(
      /^ok an index of hnsw ends its search .*: set indexSettings\.hnswIterativeScan: relaxed_order$/,
    ),
  ]);
  expect(await reaches({ hnswIterativeScan: "relaxed_order" })).toEqual([]);
});

const ofTypes = [
  ["vector(3)", "[1,2,3]", ""],
  ["vector", "[1,2,3]", ""],
  ["halfvec(3)", "[1,2,3]", ""],
  ["vector(2001)", null, ""],
  ["bit(8)", "10101010", ""],
  ["vector(3)", "[1,2,3]", "PARTITION BY LIST (namespace)"],
] as const;

test.each(ofTypes)(
  "what is advised where no index serves %s is taken by Postgres, and serves",
  async (type, value, by) => {
    const row = value === null ? "NULL" : `'${value}'`;
    await postgres.exec(`DROP TABLE IF EXISTS bare; CREATE TABLE bare (chunk_id text, entity_id text, updated_at timestamptz,
    namespace text, "order" ${type}) ${by};
    ${by === "" ? "" : "CREATE TABLE bare_rest PARTITION OF bare DEFAULT;"}
    INSERT INTO bare (chunk_id, "order") VALUES ('a', ${row})`);
    const check = async () => {
      const spec = specOf({ table: "bare", embeddingColumn: "order" });
      const checked = await checkTable(spec, { signal: AbortSignal.timeout(5000), filterable: undefined });
      return checked.filter(({ field }) => field === "embeddingColumn");
    };
    const remedy = (await check()).find(({ found: said }) => said.startsWith("no index"))?.remedy ?? "";
    await postgres.exec(remedy.replace("ON the table", "ON bare"));
    expect(await check()).toContainEqual(
      expect.objectContaining({ level: "ok", found: expect.stringMatching(/^the index .* serves/) as string }),
    );
  },
);

test.each(["vector(4001)", "halfvec(4001)"])(
  "no index is advised where none takes as many numbers as %s",
  async (type) => {
    await postgres.exec(
      `DROP TABLE IF EXISTS bare; CREATE TABLE bare (chunk_id text, entity_id text, updated_at timestamptz, embedding ${type})`,
    );
    const checked = await checkTable(specOf({ table: "bare" }), {
      signal: AbortSignal.timeout(5000),
      filterable: undefined,
    });
    expect(checked.find(({ found: said }) => said.startsWith("no index"))?.remedy).toMatch(/at most 4000 numbers/);
  },
);

test("bits of a greater number than any request has are refused by name", async () => {
  await postgres.exec(
    "DROP TABLE IF EXISTS bare; CREATE TABLE bare (chunk_id text, entity_id text, updated_at timestamptz, embedding bit(16001))",
  );
  expect((await open({ table: "bare" }).probe(AbortSignal.timeout(5000))).fault).toMatchObject({
    code: "RETR_BACKEND_MISSING",
    message: "embedding: expected a column of at most 16000 bits, as no request has more numbers, it is bit(16001)",
  });
});
