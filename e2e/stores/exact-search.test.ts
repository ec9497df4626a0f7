// Exact searches under filters find what reading every chunk finds, on whatever Postgres there is and on the Qdrant.
import type { Backend, Candidate } from "@retriever/stores/ports/backend.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { openBackend } from "@retriever/stores/test/spec.ts";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDataset } from "#support/dataset/read.ts";
import { loadPgvector, type Postgres, startPostgres } from "./postgres.ts";
import { type Qdrant, startQdrant } from "./qdrant.ts";
import { loadQdrant } from "./qdrant-rest.ts";

const dataset = loadDataset();
const schema = "exact_test";
const k = 10;
const queries = [0, 1, 2, 3, 4, 5, 6, 7];
let postgres: Postgres;
let qdrant: Qdrant;
let source: Backend;
let destination: Backend;

beforeAll(async () => {
  [postgres, qdrant] = await Promise.all([startPostgres("127.0.0.9"), startQdrant({ address: "127.0.0.9" })]);
  await loadPgvector(postgres.connectionString, { schema, table: "vector_chunks", index: "hnsw" }, dataset);
  await loadQdrant(qdrant, schema, dataset);
  const { connectionString } = postgres;
  const metadataColumns = ["pos", "has_example"];
  const indexSettings = { hnswEfSearch: k };
  const table = { connectionString, schema, table: "vector_chunks", metadataColumns, indexSettings };
  source = await openBackend("pgvector", { ...table, preparedStatements: false, poolSize: 1 });
  destination = await openBackend("qdrant", { url: qdrant.url, collection: schema, apiKey: qdrant.apiKey });
});

afterAll(async () => {
  await Promise.all([source.close(), destination.close()]);
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
  await qdrant.removeCollection(schema);
  await Promise.all([postgres.close(), qdrant.close()]);
});

type Filters = Readonly<Record<string, string | boolean>>;

async function search(store: Backend, row: number, { isExact, ...narrowed }: { isExact: boolean; filters: Filters }) {
  const request = requestOf({ embedding: [...dataset.queryVector(row)], k, ...narrowed });
  const answer = await store.retrieve({ ...request, isExact }, AbortSignal.timeout(30_000));
  return answer.candidates;
}

/** Similarities from the best on, by reading every chunk; chunks that tie may stand in any order. */
function truth(row: number, { pos, has_example }: Filters): number[] {
  const query = dataset.queryVector(row);
  const norm = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const rows = dataset.chunks.flatMap((chunk, at) => {
    const fits =
      (pos === undefined || chunk.pos === pos) && (has_example === undefined || chunk.hasExample === has_example);
    return fits ? [dataset.vector(at)] : [];
  });
  const similarities = rows.map((vector) => {
    const dot = vector.reduce((sum, value, axis) => sum + value * (query[axis] ?? 0), 0);
    return (1 + dot / norm(vector) / norm(query)) / 2;
  });
  return similarities.toSorted((a, b) => b - a).slice(0, k);
}

function worstGap(candidates: readonly Candidate[], wanted: readonly number[]): number {
  if (candidates.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return Math.max(...candidates.map(({ similarity }, at) => Math.abs(similarity - (wanted[at] ?? 0))));
}

const narrowings: { title: string; filters: Filters }[] = [
  { title: "without a filter", filters: {} },
  { title: "a quarter of the chunks", filters: { pos: "noun" } },
  { title: "a tenth of the chunks, by two filters", filters: { pos: "noun", has_example: false } },
];

test.each(narrowings)("exact searches of both stores find the same and all: $title", async ({ filters }) => {
  for (const row of queries) {
    const wanted = truth(row, filters);
    expect(worstGap(await search(source, row, { isExact: true, filters }), wanted)).toBeLessThan(1e-5);
    expect(worstGap(await search(destination, row, { isExact: true, filters }), wanted)).toBeLessThan(1e-5);
  }
});

test("the index of the source finds under half under a filter, so that the comparison above means something", async () => {
  const found = await Promise.all(
    queries.map(async (row) => (await search(source, row, { isExact: false, filters: { pos: "noun" } })).length),
  );
  expect(found.reduce((sum, count) => sum + count, 0) / queries.length).toBeLessThan(k / 2);
});
