// How far two ranked answers agree. Where similarities are equal neither order nor choice means anything: chunks of equal
// vectors stand in any order, and where they go on beyond the k-th place each store picks others of them.

import type { Candidate } from "@retriever/stores/ports/backend.ts";
import { tieEpsilon } from "#contract/thresholds.ts";

type Answered = readonly Candidate[];
export type Agreement = {
  /** Of the top chunks: the same one, another one by a tie, or another one. */
  readonly top: "same" | "tie" | "mismatch";
  /** Share of chunks in both answers, 0..1; of the longer answer, so that a small namespace isn't a loss. */
  readonly overlap: number;
  /** Rank-biased overlap, p = 0.9, extrapolated; 0..1. */
  readonly rankOverlap: number;
  /** Chunks of only one answer that a tie at the cut-off explains: each stands for one of the other answer. */
  readonly tied: ReadonlySet<string>;
};

const persistence = 0.9;

/** Compares the answers to a request for `k` chunks; total for any lists. */
export function agreementOf(primary: Answered, shadow: Answered, k: number): Agreement {
  if (hasSameOrder(primary, shadow)) return { top: "same", overlap: 1, rankOverlap: 1, tied: new Set() };
  const ties = tiesAtCutOff(primary, shadow, k);
  const other = shadow.map((each) => ({ ...each, chunkId: ties.get(each.chunkId) ?? each.chunkId }));
  const ordered = orderTies(primary, other);
  return {
    top: compareTop(primary, other, ties),
    overlap: overlapOf(primary, other),
    rankOverlap: rankBiasedOverlap(ordered, orderTies(other, ordered)),
    tied: new Set([...ties.keys(), ...ties.values()]),
  };
}

function hasSameOrder(a: Answered, b: Answered): boolean {
  return a.length === b.length && a.every((candidate, index) => candidate.chunkId === b[index]?.chunkId);
}

/**
 * From chunks that only the shadow answered to as many that only the primary did, where both stand at the level at which
 * their answers were cut off, and that level is the same. An answer of fewer than k chunks was not cut off: it lacks what
 * it doesn't hold. Nor does a tie explain what is missing above the cut-off.
 */
function tiesAtCutOff(primary: Answered, shadow: Answered, k: number): ReadonlyMap<string, string> {
  const [last, otherLast] = [primary.at(-1), shadow.at(-1)];
  if (last === undefined || otherLast === undefined || primary.length < k || shadow.length < k) return new Map();
  if (!isTie(last.similarity, otherLast.similarity)) return new Map();
  const [ids, otherIds] = [idsOf(primary), idsOf(shadow)];
  const open = primary.filter((each) => !otherIds.has(each.chunkId) && isTie(each.similarity, last.similarity));
  const otherOpen = shadow.filter((each) => !ids.has(each.chunkId) && isTie(each.similarity, otherLast.similarity));
  return new Map(open.slice(0, otherOpen.length).map((each, index) => [otherOpen[index]?.chunkId ?? "", each.chunkId]));
}

function isTie(a: number, b: number): boolean {
  return Math.abs(a - b) <= tieEpsilon;
}

function idsOf(candidates: Answered): Set<string> {
  return new Set(candidates.map((candidate) => candidate.chunkId));
}

/** A mismatch only if the primary itself ranks the shadow's top chunk below its own best by more than float32 noise. */
function compareTop(primary: Answered, shadow: Answered, ties: ReadonlyMap<string, string>): Agreement["top"] {
  const [best, other] = [primary[0], shadow[0]];
  if (best === undefined || other === undefined) return best === other ? "same" : "mismatch";
  if (best.chunkId === other.chunkId) return [...ties.values()].includes(best.chunkId) ? "tie" : "same";
  const seen = primary.find((candidate) => candidate.chunkId === other.chunkId);
  return seen !== undefined && isTie(best.similarity, seen.similarity) ? "tie" : "mismatch";
}

function overlapOf(a: Answered, b: Answered): number {
  const ids = idsOf(a);
  const common = [...idsOf(b)].filter((id) => ids.has(id)).length;
  return common / Math.max(a.length, b.length, 1);
}

/** Brings chunks of one level into the order in which the other answer holds them; those it lacks come last. */
function orderTies(list: Answered, other: Answered): Answered {
  const rank = new Map(other.map((candidate, index) => [candidate.chunkId, index]));
  const rankOf = ({ chunkId }: Candidate): number => rank.get(chunkId) ?? other.length;
  let [level, first] = [0, list[0]?.similarity ?? 0];
  const levels = list.map((candidate) => {
    if (!isTie(first, candidate.similarity)) [level, first] = [level + 1, candidate.similarity];
    return { candidate, level };
  });
  return levels
    .toSorted((a, b) => a.level - b.level || rankOf(a.candidate) - rankOf(b.candidate))
    .map(({ candidate }) => candidate);
}

/** Webber, Moffat and Zobel's rank-biased overlap, extrapolated from the depth seen. 1 for equal lists. */
export function rankBiasedOverlap(a: Answered, b: Answered): number {
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
