// An application's search, directly and through the sidecar: what both begin with is the embedding as numbers, what both
// end with is a list of chunks.
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { QdrantClient } from "@qdrant/js-client-rest";
import { Client, type Pool } from "pg";
import { z } from "zod";
import { makeRandom } from "#support/random.ts";
import type { Sidecar } from "#support/sidecar/start-sidecar.ts";
import { searchWithClient } from "../sidecar/peers/client-search.ts";

export const dimension = 768;
const k = 10;

/** Ids of the nearest chunks, nearest first. Rejects with what the client throws. */
export type Search = (embedding: readonly number[]) => Promise<readonly string[]>;

const answerSchema = z.object({ candidates: z.array(z.object({ chunkId: z.string() })) });

/** As docs/application.md writes the call, without text. */
export function throughSidecar({ appUrl }: Sidecar): Search {
  return async (embedding) => {
    const floats = Buffer.from(Float32Array.from(embedding).buffer).toString("base64");
    const sent = request(`${appUrl}/v1/retrieve`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(6000),
    });
    sent.end(JSON.stringify({ embedding: floats, k }));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return chunksOf(response.statusCode, await json(response));
  };
}

/** As most write it first: `fetch`, and the embedding as numbers. */
export function throughFetch({ appUrl }: Sidecar): Search {
  return async (embedding) => {
    const response = await fetch(`${appUrl}/v1/retrieve`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ embedding, k }),
      signal: AbortSignal.timeout(6000),
    });
    return chunksOf(response.status, await response.json());
  };
}

function chunksOf(status: number | undefined, body: unknown): readonly string[] {
  if (status !== 200) throw new Error(`the sidecar answered ${status}: ${JSON.stringify(body)}`);
  return answerSchema.parse(body).candidates.map(({ chunkId }) => chunkId);
}

/** As an application searches pgvector by itself: a pool, a prepared statement, the vector as text. */
export function throughPg(pool: Pool): Search {
  const text =
    "SELECT chunk_id, entity_id, updated_at, embedding <=> $1 AS distance FROM chunks ORDER BY embedding <=> $1 LIMIT $2";
  return async (embedding) => {
    const { rows } = await pool.query<{ chunk_id: string }>({
      name: "search",
      text,
      values: [JSON.stringify(embedding), k],
    });
    return rows.map((row) => row.chunk_id);
  };
}

/** As an application searches Qdrant by itself: the official client. */
export function throughQdrantClient(url: string): Search {
  const search = searchWithClient(url, "chunks");
  return async (embedding) => {
    const { candidates } = await search({ embedding: [...embedding], k });
    return candidates.map(({ chunkId }) => z.string().parse(chunkId));
  };
}

/** Two tables of the same chunks, each with the usual index: one that is served, one that is shadowed. */
export async function loadPostgres(connectionString: string, rows: number): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(`
      CREATE EXTENSION vector;
      SET maintenance_work_mem = '1GB';
      SELECT setseed(0.5);
      CREATE TABLE chunks AS SELECT 'chunk-' || i AS chunk_id, 'entity-' || i % 100 AS entity_id, now() AS updated_at,
        ARRAY(SELECT random() - 0.5 + i * 0 FROM generate_series(1, ${dimension}))::vector(${dimension}) AS embedding
        FROM generate_series(1, ${rows}) AS i;
      ALTER TABLE chunks ADD PRIMARY KEY (chunk_id);
      CREATE INDEX ON chunks USING hnsw (embedding vector_cosine_ops);
      CREATE TABLE chunks_shadow (LIKE chunks INCLUDING ALL);
      INSERT INTO chunks_shadow SELECT * FROM chunks;
      ANALYZE chunks, chunks_shadow`);
  } finally {
    await client.end();
  }
}

/** Two collections of the same chunks. */
export async function loadQdrant(url: string, points: number): Promise<void> {
  const client = new QdrantClient({ url, checkCompatibility: false });
  const random = makeRandom(5);
  const all = Array.from({ length: points }, (_, index) => ({
    id: index + 1,
    vector: vectorOf(random),
    payload: { chunk_id: `chunk-${index}`, entity_id: `entity-${index % 100}`, updated_at: "2026-01-01T00:00:00Z" },
  }));
  for (const collection of ["chunks", "chunks_shadow"]) {
    await client.createCollection(collection, { vectors: { size: dimension, distance: "Cosine" } });
    for (let from = 0; from < points; from += 250)
      await client.upsert(collection, { wait: true, points: all.slice(from, from + 250) });
  }
}

/** Numbers around 0; `random` draws from 0..1. */
export function vectorOf(random: () => number): number[] {
  return Array.from({ length: dimension }, () => Math.fround(random() - 0.5));
}
