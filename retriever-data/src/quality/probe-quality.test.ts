// Which store is blamed when one of two indexes is bad: pgvector's own mistuned, then a Qdrant that loses hits.

import { makePgvectorChunkWriter } from "@retriever/stores/pgvector/chunks/chunk-writer.ts";
import { makePgvectorBackend } from "@retriever/stores/pgvector/retrieve/backend.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import { makeQdrantBackend } from "@retriever/stores/qdrant/retrieve/backend.ts";
import { startPostgres, type TestPostgres } from "@retriever/stores/test/fakes/postgres-server.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints } from "@retriever/stores/test/points.ts";
import { makeSpec, testDeps } from "@retriever/stores/test/spec.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { probeQuality, type Quality, type QualityQuery } from "./probe-quality.ts";
import { queriesOfChunks } from "./read-queries.ts";

const points = makePoints(500);
const ids = Array.from({ length: 20 }, (_, index) => `chunk-${index * 24}`);
const k = 10;
let postgres: TestPostgres;
let qdrant: FakeQdrant;
let destination: Backend;
let queries: readonly QualityQuery[];
let opened: Backend[] = [];

beforeAll(async () => {
  postgres = await startPostgres(points);
  await indexBy("hnsw (embedding vector_cosine_ops)");
  qdrant = await startFakeQdrant({ points });
  destination = makeQdrantBackend(makeSpec("qdrant", { url: qdrant.url, collection: "chunks" }), testDeps);
  const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
  const writer = makePgvectorChunkWriter(specOf({}), { identity, fields: [] });
  queries = await queriesOfChunks(writer, [...ids, "absent"], AbortSignal.timeout(10_000));
  await writer.close();
});

beforeEach(() => {
  opened = [];
});

afterEach(async () => {
  qdrant.behave = undefined;
  await Promise.all(opened.map((backend) => backend.close()));
});

afterAll(async () => {
  await destination.close();
  await qdrant.close();
  await postgres.close();
});

function specOf(change: object) {
  const { connectionString } = postgres;
  return makeSpec("pgvector", { connectionString, preparedStatements: false, poolSize: 1, ...change });
}

async function probe(indexSettings: object): Promise<{ quality: Quality; progress: number[] }> {
  const source = makePgvectorBackend(specOf({ indexSettings }), testDeps);
  opened.push(source);
  const progress: number[] = [];
  const options = { k, onProgress: (done: number) => void progress.push(done) };
  const quality = await probeQuality({ source, destination }, queries, options, AbortSignal.timeout(60_000));
  return { quality, progress };
}

async function indexBy(method: string): Promise<void> {
  await postgres.exec(`DROP INDEX IF EXISTS chosen; CREATE INDEX chosen ON vector_chunks USING ${method};
    ANALYZE vector_chunks`);
}

test("an index that finds a neighbour or two of ten is blamed, and the other store isn't", async () => {
  // A list of a few rows each, of which one is looked through.
  await indexBy("ivfflat (embedding vector_cosine_ops) WITH (lists = 200)");
  const { quality, progress } = await probe({ ivfflatProbes: 1 });
  await indexBy("hnsw (embedding vector_cosine_ops)");
  expect(queries).toHaveLength(20);
  expect(quality.source?.value).toBeLessThan(0.3);
  expect(quality.source?.interval[1]).toBeLessThan(quality.destination?.interval[0] ?? 0);
  expect(quality.destination).toMatchObject({ value: 1, queries: 20 });
  expect(progress).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test("a well tuned index is as good as the other store's", async () => {
  const { quality } = await probe({ hnswEfSearch: 200 });
  expect(quality.source?.value).toBeGreaterThan(0.95);
  expect(quality.destination?.value).toBe(1);
});

test("a destination that loses hits of its index is blamed", async () => {
  qdrant.behave = (request, response) => {
    const { body = "" } = qdrant.seen.at(-1) ?? {};
    if (request.url?.includes("/points/query") !== true || body.includes('"exact":true')) return "as usual";
    return response.end(JSON.stringify({ result: { points: [] } }));
  };
  const { quality } = await probe({ hnswEfSearch: 200 });
  expect(quality.source?.value).toBeGreaterThan(0.95);
  expect(quality.destination).toMatchObject({ value: 0, queries: 20 });
});

test("a store that fails ends the probe with its own fault", async () => {
  qdrant.behave = (_, response) => response.writeHead(500).end();
  await expect(probe({})).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
});
