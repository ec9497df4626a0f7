// pgvector the usual way: JSON.parse, the vector as text, a prepared statement.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "pg";
import { listen } from "#support/http-server.ts";
import { announce } from "./announce.ts";
import type { RetrieveBody } from "./client-search.ts";

type Row = { chunk_id: string; entity_id: string; updated_at: Date; distance: number };

const pool = new Pool({ connectionString: process.argv[2] ?? "", max: 10, ssl: false });
const sql =
  'SELECT "chunk_id", "entity_id", "updated_at", "embedding" <=> $1 AS distance FROM "public"."vector_chunks" ORDER BY "embedding" <=> $1 LIMIT $2';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { embedding, k } = JSON.parse(Buffer.concat(chunks).toString()) as RetrieveBody;
  const startedAt = performance.now();
  const { rows } = await pool.query<Row>({ name: "search", text: sql, values: [JSON.stringify(embedding), k] });
  const candidates = rows.map((row) => ({
    chunkId: row.chunk_id,
    entityId: row.entity_id,
    similarity: 1 - row.distance / 2,
    updatedAt: row.updated_at,
  }));
  const text = JSON.stringify({ candidates, vectorMs: performance.now() - startedAt });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(503, { "content-length": 0 }).end());
});
announce({ url: (await listen(server)).url });
