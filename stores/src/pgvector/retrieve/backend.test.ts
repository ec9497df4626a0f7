import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { describeBackend } from "#test/backend-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { checkTable } from "../check/check-table.ts";
import { makePgvectorBackend } from "./backend.ts";

let postgres: TestPostgres;
let backend: Backend;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(40));
  backend = make({});
});

afterAll(async () => {
  await backend.close();
  await postgres.close();
});

/** A real server is met the way it is in production; the embedded one has a single session for everybody. */
function make(change: object): Backend {
  const { connectionString, hasSessions } = postgres;
  const pooled = hasSessions ? { poolSize: 5 } : { preparedStatements: false, poolSize: 1 };
  const tuning = { metadataColumns: ["lang", "pages"], timeoutMs: 2000, ...pooled };
  return makePgvectorBackend(makeSpec("pgvector", { connectionString, ...tuning, ...change }), testDeps);
}

function ask(target: Backend, body: object) {
  return target.retrieve(requestOf(body), AbortSignal.timeout(5000));
}

describeBackend({
  backend: () => backend,
  missing: () => make({ table: "absent" }),
  unreachable: () => make({ connectionString: "postgres://u:p@127.0.0.1:9/d" }),
});

test("prepared statements and settings of the index serve the same answers on a connection of their own", async () => {
  const body = { embedding: vectorAt(5), k: 3, namespace: "odd", filters: { lang: "en" } };
  const expected = await ask(backend, body);
  const variants = [
    { preparedStatements: true },
    { preparedStatements: true, indexSettings: { hnswEfSearch: 100, ivfflatProbes: 4 } },
    { preparedStatements: false, indexSettings: { hnswEfSearch: 100 } },
  ];
  for (const variant of variants) {
    const other = make(variant);
    for (let round = 0; round < 3; round += 1) expect((await ask(other, body)).candidates).toEqual(expected.candidates);
    await other.close();
    await postgres.exec("DEALLOCATE ALL");
  }
});

test("a table that is altered under prepared statements fails no request", async () => {
  await postgres.exec("CREATE TABLE altered AS SELECT * FROM vector_chunks");
  const other = make({ table: "altered", preparedStatements: true });
  const body = { embedding: vectorAt(5), k: 1 };
  await ask(other, body);
  await postgres.exec("ALTER TABLE altered ALTER COLUMN entity_id TYPE varchar(80)");
  for (let round = 0; round < 3; round += 1) expect((await ask(other, body)).candidates[0]?.chunkId).toBe("chunk-5");
  await other.close();
  await postgres.exec("DEALLOCATE ALL");
});

const distances = [
  { distance: "cosine", best: 1 },
  { distance: "l2", best: 1 },
  { distance: "inner-product", best: undefined },
] as const;

test.each(distances)(
  "distance $distance ranks the equal vector first with rising distance",
  async ({ distance, best }) => {
    const other = make({ distance });
    const { candidates } = await ask(other, { embedding: vectorAt(20), k: 40 });
    const similarities = candidates.map((candidate) => candidate.similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(new Set(similarities).size).toBe(40);
    const [first] = candidates;
    expect(best === undefined || (first?.chunkId === "chunk-20" && Math.abs(first.similarity - best) < 1e-5)).toBe(
      true,
    );
    await other.close();
  },
);

test("a filter on anything but a metadata column is refused by name and never reaches the store", async () => {
  await expect(ask(backend, { embedding: vectorAt(1), k: 1, filters: { entity_id: "x" } })).rejects.toMatchObject({
    code: "RETR_REQUEST_INVALID",
    path: "filters.entity_id",
    message: "filters.entity_id: expected one of the store's metadataColumns (lang, pages)",
  });
});

test("a filter value the column can't hold is the request's fault", async () => {
  await expect(ask(backend, { embedding: vectorAt(1), k: 1, filters: { pages: "many" } })).rejects.toMatchObject({
    code: "RETR_REQUEST_INVALID",
    path: "filters",
  });
});

test("a table without the configured column is missing something, and the message names no value", async () => {
  await postgres.exec("CREATE TABLE bare (chunk_id text, embedding vector(8))");
  const bare = make({ table: "bare" });
  expect((await bare.probe(AbortSignal.timeout(2000))).fault?.message).toBe("the table lacks entity_id, updated_at");
  await bare.close();
  const other = make({ embeddingColumn: "vec" });
  expect(await other.probe(AbortSignal.timeout(2000))).toMatchObject({
    exists: true,
    fault: { code: "RETR_BACKEND_MISSING", message: "the table lacks vec" },
  });
  await expect(ask(other, { embedding: vectorAt(1), k: 1 })).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
  await other.close();
});

test.each(["vector", "halfvec"])("a column of %s without a number of dimensions has that of its rows", async (type) => {
  await postgres.exec(`DROP TABLE IF EXISTS unsized; CREATE TABLE unsized AS
    SELECT chunk_id, entity_id, updated_at, namespace, lang, pages, embedding::${type} FROM vector_chunks`);
  await postgres.exec(`ALTER TABLE unsized ALTER COLUMN embedding TYPE ${type}`);
  const other = make({ table: "unsized" });
  expect((await other.probe(AbortSignal.timeout(2000))).dimension).toBe(vectorAt(1).length);
  await postgres.exec("DELETE FROM unsized");
  expect((await other.probe(AbortSignal.timeout(2000))).dimension).toBeNull();
  await other.close();
});

test.each([1, 7])("rows of several dimensions in steps of %s are told before a search meets them", async (step) => {
  await postgres.exec(`DROP TABLE IF EXISTS mixed; CREATE TABLE mixed AS SELECT chunk_id, entity_id, updated_at, lang, embedding FROM vector_chunks;
    ALTER TABLE mixed ALTER COLUMN embedding TYPE vector;
    INSERT INTO mixed SELECT 'new ' || n, 'e', now(), 'en', '[1,2]' FROM generate_series(1, 3000, ${step}) AS n`);
  const found = `embedding has vectors of 2 and ${vectorAt(1).length} dimensions: a search that meets both kinds fails`;
  const other = make({ table: "mixed" });
  const { remarks } = await other.probe(AbortSignal.timeout(2000));
  expect(remarks).toContainEqual(expect.stringContaining(found));
  await expect(ask(other, { embedding: vectorAt(1), k: 1 })).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID" });
  await other.close();
  const { connectionString, hasSessions } = postgres;
  const checked = async (where: object) => {
    const spec = makeSpec("pgvector", { connectionString, preparedStatements: hasSessions, table: "mixed", ...where });
    return checkTable(spec, { signal: AbortSignal.timeout(5000), filterable: undefined });
  };
  expect(await checked({})).toContainEqual(
    expect.objectContaining({ level: "fails", field: "embeddingColumn", found }),
  );
  expect(await checked({ where: "chunk_id LIKE 'new%'" })).not.toContainEqual(
    expect.objectContaining({ level: "fails" }),
  );
});

test("answers that are to include a text are refused by a table whose fields name none", async () => {
  const request = { ...requestOf({ embedding: vectorAt(1), k: 1 }), content: { text: true, metadata: [] } };
  await expect(backend.retrieve(request, AbortSignal.timeout(2000))).rejects.toMatchObject({
    code: "RETR_BACKEND_MISSING",
    message: "the store's fields name no text, which answers are to include: name it by fields.text",
  });
});

test("the newest update is told while the table is small", async () => {
  expect((await backend.probe(AbortSignal.timeout(2000))).newestUpdatedAt).toBe("2026-01-01T00:00:39.000Z");
});

test("a server without TLS fails an adapter that wants it as TLS", async () => {
  const connectionString = `${postgres.connectionString}?sslmode=require`;
  const other = make({ connectionString });
  const facts = await other.probe(AbortSignal.timeout(2000));
  expect(facts).toMatchObject({ reachable: true, tls: "failed", fault: { code: "RETR_BACKEND_TLS" } });
  expect(JSON.stringify(facts)).not.toContain("secret-word");
  await other.close();
});

test("a server that accepts and says nothing ends a request at its signal, and closing doesn't wait for it", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const { port } = silent.address() as AddressInfo;
  const other = make({ connectionString: `postgres://u:p@127.0.0.1:${port}/d`, timeoutMs: 300 });
  const request = requestOf({ embedding: vectorAt(1), k: 1 });
  const asking = other.retrieve(request, AbortSignal.timeout(100));
  await expect(asking).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
  await other.close();
  silent.close();
});

test("an exact request reads the table, whatever the database says, has more time, and leaves other requests theirs", async () => {
  const scans = "current_setting('enable_indexscan') || ' ' || current_setting('enable_seqscan')";
  const shown = `${scans} || ' ' || current_setting('statement_timeout')`;
  const setSeqscan = (value: string): Promise<unknown> =>
    postgres.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = ${value}', current_database());
      END $$; SET enable_seqscan = ${value}`);
  await setSeqscan("off");
  await postgres.exec(
    `CREATE VIEW planned AS SELECT ${shown} AS chunk_id, entity_id, updated_at, embedding FROM vector_chunks`,
  );
  const other = make({ table: "planned" });
  const request = requestOf({ embedding: vectorAt(1), k: 1 });
  const exact = await other.retrieve({ ...request, isExact: true }, AbortSignal.timeout(5000));
  expect(exact.candidates[0]?.chunkId).toMatch(/^off on 10(000|s)$/);
  const brief = await other.retrieve({ ...request, isExact: true, timeoutMs: 1500 }, AbortSignal.timeout(5000));
  expect(brief.candidates[0]?.chunkId).toBe("off on 1500ms");
  const usual = await other.retrieve(request, AbortSignal.timeout(5000));
  expect(usual.candidates[0]?.chunkId).toMatch(/^on off (?!10s|10000)/);
  await other.close();
  await setSeqscan("on");
  await postgres.exec("DEALLOCATE ALL");
});

test("settings of the index and the time limit hold on the connection that asks", async () => {
  const settings = ["hnsw.ef_search", "ivfflat.probes", "statement_timeout"];
  const shown = settings.map((name) => `current_setting('${name}', true)`).join(" || ' ' || ");
  await postgres.exec(
    `CREATE VIEW told AS SELECT ${shown} AS chunk_id, entity_id, updated_at, embedding FROM vector_chunks`,
  );
  expect.assertions(2);
  for (const preparedStatements of [true, false]) {
    const indexSettings = { hnswEfSearch: 123, ivfflatProbes: 7 };
    const other = make({ table: "told", indexSettings, preparedStatements, timeoutMs: 2500 });
    const { candidates } = await ask(other, { embedding: vectorAt(1), k: 1 });
    // The embedded server takes no settings with the connection, only those of a transaction.
    const isTold = postgres.hasSessions || !preparedStatements;
    expect(candidates[0]?.chunkId).toMatch(isTold ? /^123 7 2500(ms)?$/ : /./);
    await other.close();
    await postgres.exec("DEALLOCATE ALL");
  }
});
