// A search with the official client and the users' answer made of it.
import { QdrantClient } from "@qdrant/js-client-rest";

export type RetrieveBody = { readonly embedding: number[]; readonly k: number };

/** Searches one collection. Rejects with what the client throws. */
export function searchWithClient(url: string, collection: string) {
  const client = new QdrantClient({ url, checkCompatibility: false });
  return async ({ embedding, k }: RetrieveBody) => {
    const startedAt = performance.now();
    const with_payload = ["chunk_id", "entity_id", "updated_at"];
    const { points } = await client.query(collection, { query: embedding, limit: k, with_payload });
    const candidates = points.map(({ score, payload }) => ({
      chunkId: payload?.["chunk_id"],
      entityId: payload?.["entity_id"],
      similarity: (score + 1) / 2,
      updatedAt: payload?.["updated_at"],
    }));
    return { candidates, vectorMs: performance.now() - startedAt };
  };
}
