// What the trivial store always answers: ten points, the facts of a collection named c<dimension>.

const points = Array.from({ length: 10 }, (_, index) => ({
  id: `00000000-0000-4000-8000-00000000000${index}`,
  version: 12,
  score: 0.9 - index / 37,
  payload: {
    chunk_id: `wn30-noun-0000${index}`,
    entity_id: `noun.artifact/thing-${index}`,
    updated_at: `2025-03-0${(index % 9) + 1}T12:00:00.000Z`,
  },
}));

/** Answer to every query. */
export const queryAnswer = JSON.stringify({ result: { points }, status: "ok", time: 0.000_123 });

/** Facts of a collection. */
export function collectionAnswer(dimension: string): string {
  const text = JSON.stringify({
    result: {
      status: "green",
      points_count: 10,
      indexed_vectors_count: 10,
      config: { params: { vectors: { size: "DIMENSION", distance: "Cosine" } } },
      payload_schema: {},
    },
    status: "ok",
    time: 0.000_01,
  });
  return text.replace('"DIMENSION"', dimension);
}

/** The same chunks as rows: id, entity and moment. */
export const rows = points.map(({ payload }) => [payload.chunk_id, payload.entity_id, payload.updated_at] as const);
