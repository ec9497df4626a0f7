// How well each store's index finds what the same store's exact search finds: a mistuned index is its own store's fault,
// and looks like lost chunks otherwise. Both stores answer the same queries.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { type Backend, type BackendRequest, exactTimeoutMs } from "@retriever/stores/ports/backend.ts";
import type { Candidate } from "@retriever/stores/ports/query.ts";
import { recallWithTies } from "./recall-with-ties.ts";
import { wilsonInterval } from "./wilson-interval.ts";

export type QualityQuery = {
  readonly request: Omit<BackendRequest, "k" | "isExact">;
  /** The chunk whose vector it is: it finds itself and tells nothing by that. Null for a query of somebody's. */
  readonly chunkId: string | null;
};
export type Quality = NonNullable<VerifyReport["quality"]>;
export type QualityOptions = {
  readonly k: number;
  readonly onProgress: (done: number, total: number) => void;
};

/** For one search, with or without the index. */
const searchDeadlineMs = exactTimeoutMs + 2000;

/** One query after the other, so that nobody who is served feels it. Rejects with what a store rejects with. */
export async function probeQuality(
  backends: Readonly<Record<StoreName, Backend>>,
  queries: readonly QualityQuery[],
  { k, onProgress }: QualityOptions,
  signal: AbortSignal,
): Promise<Quality> {
  const recalls: Record<StoreName, number[]> = { source: [], destination: [] };
  for (const [index, query] of queries.entries()) {
    for (const name of ["source", "destination"] as const) {
      const recall = await measure(backends[name], query, k, signal);
      if (recall !== null) recalls[name].push(recall);
    }
    onProgress(index + 1, queries.length);
  }
  return { k, source: summarise(recalls.source), destination: summarise(recalls.destination) };
}

async function measure(backend: Backend, query: QualityQuery, k: number, signal: AbortSignal): Promise<number | null> {
  const { request, chunkId } = query;
  const search = async (isExact: boolean): Promise<readonly Candidate[]> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(searchDeadlineMs)]);
    // One more where the chunk itself is left out.
    const asked = { ...request, k: chunkId === null ? k : k + 1, isExact };
    const { candidates } = await backend.retrieve(asked, limit);
    return candidates.filter((candidate) => candidate.chunkId !== chunkId);
  };
  const exact = await search(true);
  return recallWithTies(exact, await search(false), k);
}

function summarise(recalls: readonly number[]): Quality["source"] {
  const queries = recalls.length;
  const value = recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, queries);
  const interval = wilsonInterval(value, queries);
  // The hits of one query hang together, so queries are counted, not hits.
  return interval === null ? null : { value: Math.min(1, value), interval, queries };
}
