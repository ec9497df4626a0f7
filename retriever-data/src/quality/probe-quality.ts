// Recall of each store's index against the same store's exact search: a mistuned index would look like lost chunks
// otherwise. Both stores answer the same queries.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import { type Backend, type BackendRequest, exactTimeoutMs } from "@retriever/stores/ports/backend.ts";
import { deadline } from "#compare/retry.ts";
import { recallWithTies } from "./recall-with-ties.ts";
import { wilsonInterval } from "./wilson-interval.ts";

export type QualityQuery = {
  readonly request: Omit<BackendRequest, "k" | "isExact">;
  /** The chunk whose vector it is, left out of the answers because it finds itself. Null for a query from a file. */
  readonly chunkId: string | null;
};
export type Quality = NonNullable<VerifyReport["quality"]>;
type ProbeOptions = {
  readonly k: number;
  readonly onProgress: (done: number, total: number) => void;
};

/** For one search, with or without the index. */
const searchDeadlineMs = exactTimeoutMs + 2000;

/** One query after the other, to put little load on the stores. Rejects with what a store rejects with. */
export async function probeQuality(
  backends: Readonly<Record<StoreName, Backend>>,
  queries: readonly QualityQuery[],
  { k, onProgress }: ProbeOptions,
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
    // One more where the chunk itself is left out.
    const asked = { ...request, k: chunkId === null ? k : k + 1, isExact };
    const { candidates } = await backend.retrieve(asked, deadline(signal, searchDeadlineMs));
    return candidates.filter((candidate) => candidate.chunkId !== chunkId);
  };
  const exact = await search(true);
  return recallWithTies(exact, await search(false), k);
}

function summarise(recalls: readonly number[]): Quality["source"] {
  const queries = recalls.length;
  const value = recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, queries);
  const interval = wilsonInterval(value, queries);
  // The hits of one query are not independent, so the interval counts queries, not hits.
  return interval === null ? null : { value: Math.min(1, value), interval, queries };
}
