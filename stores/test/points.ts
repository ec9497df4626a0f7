// A small corpus that both stores hold in the tests.
import type { FakePoint } from "#test/fakes/qdrant-server.ts";

export const dimension = 8;

/** `count` points, evenly turned: neighbours in number are neighbours in direction, and no two tie. */
export function makePoints(count: number): FakePoint[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index,
    vector: vectorAt(index),
    payload: {
      chunk_id: `chunk-${index}`,
      entity_id: `entity-${Math.floor(index / 3)}`,
      namespace: index % 2 === 0 ? "even" : "odd",
      lang: index % 3 === 0 ? "de" : "en",
      pages: index,
      updated_at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    },
  }));
}

/** Vector of the point with this number; fractions lie between two points. */
export function vectorAt(position: number): number[] {
  const angle = position * 0.05;
  return Array.from({ length: dimension }, (_, axis) => Math.fround(Math.cos(angle * (1 + axis / 4) + axis)));
}
