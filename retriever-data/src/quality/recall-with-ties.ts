// Recall of an index against the exact answer, where several chunks may be equally near.
import type { Candidate } from "@retriever/stores/ports/backend.ts";

/** Similarities closer than that are a tie: both searches sum float32 in an order of their own. */
const tie = 2e-6;

/**
 * Share of the best `k` that `found` holds, 0..1; null when there was nothing to be found. `exact` is the same store's
 * own search without an index. A chunk as near as the last of the best counts: of a tie either search may take another.
 */
export function recallWithTies(exact: readonly Candidate[], found: readonly Candidate[], k: number): number | null {
  const best = exact.slice(0, k);
  const last = best.at(-1);
  if (last === undefined) return null;
  const ids = new Set(best.map(({ chunkId }) => chunkId));
  const seen = new Set<string>();
  for (const { chunkId, similarity } of found.slice(0, k)) {
    if (ids.has(chunkId) || similarity >= last.similarity - tie) seen.add(chunkId);
  }
  return Math.min(1, seen.size / best.length);
}
