// How much of the true answer an answer holds.
import type { Candidate } from "@retriever/stores/ports/backend.ts";

/** Share of the exact answer's chunks that are in `answer`, 0..1; null when there was nothing to be found. */
export function recallOf(exact: readonly Candidate[], answer: readonly Candidate[]): number | null {
  const wanted = new Set(exact.map((candidate) => candidate.chunkId));
  if (wanted.size === 0) return null;
  const found = new Set(answer.map((candidate) => candidate.chunkId).filter((id) => wanted.has(id)));
  return found.size / wanted.size;
}
