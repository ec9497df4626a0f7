// One sample: what both stores answered to the same request, compared by role (the retrieval service's contract) and by store.

import type { Candidate } from "@retriever/stores/ports/backend.ts";
import type { StoreName } from "#contract/overlay.ts";
import { tieEpsilon } from "#contract/thresholds.ts";

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
  /** Share of chunks in both answers, 0..1; of the longer answer, so that a small namespace isn't a loss. */
  readonly overlap: number;
  /** Rank-biased overlap, p = 0.9, extrapolated; 0..1. */
  readonly rankOverlap: number;
  /** How much older the destination's oldest common chunk is, ms; null when no common chunk has both times. */
  readonly lagMs: number | null;
  /** Chunks that only the source answered: written after the destination's newest, so they may still be on their way. */
  readonly newer: number;
  /** Chunks that only the source answered and that the destination has had time to get. */
  readonly lost: number;
};

const persistence = 0.9;

type Sides = {
  /** Which of both stores answered the application. */
  readonly primaryStore: StoreName;
  /** `updated_at` of the destination's newest chunk as last probed; null: not known, then nothing counts as newer. */
  readonly destinationNewest: string | null;
};

/** Compares a sample; total for any answers. */
export function compareAnswers(
  primary: Answer,
  shadow: Answer,
  { primaryStore, destinationNewest }: Sides,
): Comparison {
  const scoreDelta = topSimilarity(primary) - topSimilarity(shadow);
  const latencyDeltaMs = shadow.vectorMs - primary.vectorMs;
  const [source, destination] = primaryStore === "source" ? [primary, shadow] : [shadow, primary];
  const verdict = compareTop(primary.candidates, shadow.candidates);
  return {
    scoreDelta: Math.abs(scoreDelta),
    latencyDeltaMs,
    mismatch: verdict === "mismatch",
    tie: verdict === "tie",
    scoreLoss: primaryStore === "source" ? scoreDelta : -scoreDelta,
    latencyLossMs: primaryStore === "source" ? latencyDeltaMs : -latencyDeltaMs,
    overlap: overlapOf(primary.candidates, shadow.candidates),
    rankOverlap: rankBiasedOverlap(primary.candidates, shadow.candidates),
    lagMs: lagOf(source.candidates, destination.candidates),
    ...missingOf(source.candidates, destination.candidates, destinationNewest),
  };
}

function topSimilarity(answer: Answer): number {
  return answer.candidates[0]?.similarity ?? 0;
}

/** A mismatch only if the primary itself ranks the shadow's top chunk below its own best by more than float32 noise. */
function compareTop(primary: readonly Candidate[], shadow: readonly Candidate[]): "same" | "tie" | "mismatch" {
  const best = primary[0];
  const other = shadow[0];
  if (best === undefined && other === undefined) return "same";
  if (best === undefined || other === undefined) return "mismatch";
  if (best.chunkId === other.chunkId) return "same";
  const seen = primary.find((candidate) => candidate.chunkId === other.chunkId);
  return seen !== undefined && best.similarity - seen.similarity <= tieEpsilon ? "tie" : "mismatch";
}

function overlapOf(a: readonly Candidate[], b: readonly Candidate[]): number {
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  const ids = new Set(a.map((candidate) => candidate.chunkId));
  const common = new Set(b.map((candidate) => candidate.chunkId).filter((id) => ids.has(id)));
  return common.size / longer;
}

/** Webber, Moffat and Zobel's rank-biased overlap, extrapolated from the depth seen. 1 for equal lists. */
export function rankBiasedOverlap(a: readonly Candidate[], b: readonly Candidate[]): number {
  const depth = Math.max(a.length, b.length);
  if (depth === 0) return 1;
  const seenInA = new Set<string>();
  const seenInB = new Set<string>();
  let common = 0;
  let sum = 0;
  for (let index = 0; index < depth; index += 1) {
    const [idOfA, idOfB] = [a[index]?.chunkId, b[index]?.chunkId];
    common += newCommon(idOfA, idOfB, seenInA, seenInB);
    sum += (common / (index + 1)) * persistence ** index;
  }
  return (1 - persistence) * sum + (common / depth) * persistence ** depth;
}

function newCommon(idOfA: string | undefined, idOfB: string | undefined, a: Set<string>, b: Set<string>): number {
  const isNewInA = idOfA !== undefined && !a.has(idOfA);
  if (idOfA !== undefined) a.add(idOfA);
  const isNewInB = idOfB !== undefined && !b.has(idOfB);
  if (idOfB !== undefined) b.add(idOfB);
  const fromA = isNewInA && b.has(idOfA) ? 1 : 0;
  const fromB = isNewInB && idOfB !== idOfA && a.has(idOfB) ? 1 : 0;
  return fromA + fromB;
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
function missingOf(source: readonly Candidate[], destination: readonly Candidate[], newest: string | null) {
  const answered = new Set(destination.map((candidate) => candidate.chunkId));
  const missing = source.filter((candidate) => !answered.has(candidate.chunkId));
  const horizon = newest === null ? Number.NaN : Date.parse(newest);
  const newer = missing.filter(({ updatedAt }) => updatedAt !== null && Date.parse(updatedAt) > horizon).length;
  return { newer, lost: missing.length - newer };
}
