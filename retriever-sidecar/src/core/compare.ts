// One sample: what both stores answered to the same request, compared by role (the retrieval service's contract) and by store.

import type { Candidate, Content } from "@retriever/stores/ports/backend.ts";
import type { StoreName } from "#contract/overlay.ts";
import { type ContentAgreement, compareContent } from "./content-agreement.ts";
import { type Agreement, agreementOf } from "./list-agreement.ts";

export type Answer = { readonly candidates: readonly Candidate[]; readonly vectorMs: number };

export type Comparison = {
  /** |primary - shadow| of the top similarities; a missing one counts as 0 (contract). */
  readonly scoreDelta: number;
  /** shadow - primary (contract). */
  readonly latencyDeltaMs: number;
  /** The top chunks differ, and not by a tie. */
  readonly mismatch: boolean;
  readonly tie: boolean;
  /** source - destination top similarity; above 0: the destination is worse. */
  readonly scoreLoss: number;
  /** destination - source; above 0: the destination is slower. */
  readonly latencyLossMs: number;
  readonly overlap: Agreement["overlap"];
  readonly rankOverlap: Agreement["rankOverlap"];
  /** How much older the destination's oldest common chunk is, ms; null when no common chunk has both times. */
  readonly lagMs: number | null;
  /** Chunks that only the source answered: written after the destination's newest, so they may still be on their way. */
  readonly newer: number;
  /** Chunks that only the source answered and that the destination has had time to get. */
  readonly lost: number;
  /** Which of the stores answered without a chunk. */
  readonly empty: StoreName | "both" | "none";
  /** Of chunks in both answers; null: the request included none, or there is no such chunk. */
  readonly content: ContentAgreement | null;
};

type Sides = {
  /** Which of both stores answered the application. */
  readonly primaryStore: StoreName;
  /** `updated_at` of the destination's newest chunk as last probed; null: not known, then nothing counts as newer. */
  readonly destinationNewest: string | null;
  /** Chunks asked for. */
  readonly k: number;
  /** What the request included of the chunks' content. */
  readonly content?: Content | undefined;
};

/** Compares a sample; total for any answers. */
export function compareAnswers(
  primary: Answer,
  shadow: Answer,
  { primaryStore, destinationNewest, k, content }: Sides,
): Comparison {
  const scoreDelta = topSimilarity(primary) - topSimilarity(shadow);
  const latencyDeltaMs = shadow.vectorMs - primary.vectorMs;
  const [source, destination] = primaryStore === "source" ? [primary, shadow] : [shadow, primary];
  const { top, overlap, rankOverlap, tied } = agreementOf(primary.candidates, shadow.candidates, k);
  return {
    scoreDelta: Math.abs(scoreDelta),
    latencyDeltaMs,
    mismatch: top === "mismatch",
    tie: top === "tie",
    scoreLoss: primaryStore === "source" ? scoreDelta : -scoreDelta,
    latencyLossMs: primaryStore === "source" ? latencyDeltaMs : -latencyDeltaMs,
    overlap,
    rankOverlap,
    lagMs: lagOf(source.candidates, destination.candidates),
    ...missingOf(source.candidates, new Set([...idsOf(destination), ...tied]), destinationNewest),
    empty: emptyOf(source, destination),
    content: content === undefined ? null : compareContent(source.candidates, destination.candidates, content),
  };
}

function topSimilarity(answer: Answer): number {
  return answer.candidates[0]?.similarity ?? 0;
}

function lagOf(source: readonly Candidate[], destination: readonly Candidate[]): number | null {
  const updatedAt = new Map(destination.map((candidate) => [candidate.chunkId, candidate.updatedAt]));
  let lag: number | null = null;
  for (const candidate of source) {
    const other = updatedAt.get(candidate.chunkId);
    if (candidate.updatedAt === null || other === undefined || other === null) continue;
    const difference = Date.parse(candidate.updatedAt) - Date.parse(other);
    if (Number.isFinite(difference)) lag = Math.max(lag ?? 0, difference);
  }
  return lag;
}

/** What the destination lacks of the source's answer, apart by whether it can have had it when it was last probed. */
function missingOf(source: readonly Candidate[], found: ReadonlySet<string>, newest: string | null) {
  const missing = source.filter((candidate) => !found.has(candidate.chunkId));
  const horizon = newest === null ? Number.NaN : Date.parse(newest);
  const newer = missing.filter(({ updatedAt }) => updatedAt !== null && Date.parse(updatedAt) > horizon).length;
  return { newer, lost: missing.length - newer };
}

function idsOf({ candidates }: Answer): string[] {
  return candidates.map((candidate) => candidate.chunkId);
}

function emptyOf(source: Answer, destination: Answer): Comparison["empty"] {
  const [isSourceEmpty, isDestinationEmpty] = [source.candidates.length === 0, destination.candidates.length === 0];
  if (isSourceEmpty && isDestinationEmpty) return "both";
  if (isSourceEmpty) return "source";
  return isDestinationEmpty ? "destination" : "none";
}
