// How much of the truth each store answered, the truth being what both find without an index. No store is taken as the
// reference: one whose index finds little, or that lacks chunks, would make the other look wrong.
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import { tieEpsilon } from "#contract/thresholds.ts";
import type { Increment } from "./counter-row.ts";

/** What one store answered to a request, and what it found without an index at `exactDepth`. */
export type Searched = { readonly answer: readonly Candidate[]; readonly exact: readonly Candidate[] };

/** Recall at k of both stores, 0..1. */
export type PooledRecall = { readonly source: number; readonly destination: number };

const maxDepth = 1000;
/** Stores that keep vectors less precisely (float16, uint8) state similarities up to so much apart for the same chunk. */
const maxPrecisionGap = 0.005;

/** How many chunks an exact search asks for: more than k, so that what ties with the k-th chunk is seen as well. */
export function exactDepth(k: number): number {
  return Math.min(maxDepth, 2 * k + 20);
}

type Levels = ReadonlyMap<string, number>;
type Truth = { readonly pool: Levels; readonly size: number; readonly level: number };

/**
 * Null: there was nothing to be found. Throws for answers that aren't what the type says.
 * The truth is the top k of the pool of both exact answers. A chunk counts as found when it is as similar as the k-th true
 * one: which of several equal chunks an answer holds says nothing.
 */
export function pooledRecall(source: Searched, destination: Searched, k: number): PooledRecall | null {
  const [ofSource, ofDestination] = [levelsOf(source.exact), levelsOf(destination.exact)];
  const tolerance = tieEpsilon + precisionGap(ofSource, ofDestination);
  const all = poolOf(ofSource, ofDestination);
  const whole = truthOf(all, k);
  if (whole === null) return null;
  const isLost = isLackedBy(ofDestination, { k, tolerance });
  const isUnconfirmed = isLackedBy(ofSource, { k, tolerance });
  const lost = [...all].filter(([id, level]) => level >= whole.level && isLost(id, level));
  // A chunk that only the destination finds is one that the source lacks, or one with a wrong vector; nothing here tells
  // which. So it makes up for none that the destination lost: else ids on the wrong vectors would look like an even swap.
  const confirmed = new Map([...all].filter(([id, level]) => !isUnconfirmed(id, level)));
  const truth = (lost.length === 0 ? null : truthOf(confirmed, k)) ?? whole;
  const recallOf = ({ answer }: Searched): number => {
    const stated = levelsOf(answer.slice(0, k));
    const found = [...stated].filter(([id, level]) =>
      // Outside of the pool: stated higher than the k-th, its index contradicts its own store's vectors.
      all.has(id) ? isReached(truth, id, tolerance) : Math.abs(level - truth.level) <= tolerance,
    );
    return Math.min(truth.size, found.length) / truth.size;
  };
  return { source: recallOf(source), destination: recallOf(destination) };
}

/** What a sample adds to the evidence. */
export function countRecall({ source, destination }: PooledRecall): Increment {
  const loss = source - destination;
  return {
    recallSamples: 1,
    recallLossSum: Math.max(0, loss),
    recallGainSum: Math.max(0, -loss),
    recallSquaresSum: loss * loss,
  };
}

function isReached({ pool, level }: Truth, id: string, tolerance: number): boolean {
  return (pool.get(id) ?? Number.NEGATIVE_INFINITY) >= level - tolerance;
}

type Cut = { readonly k: number; readonly tolerance: number };

/** Whether a store that found `levels` should have found the chunk as well. One that found fewer than asked has no more. */
function isLackedBy(levels: Levels, { k, tolerance }: Cut): (id: string, level: number) => boolean {
  const floor = levels.size < exactDepth(k) ? Number.NEGATIVE_INFINITY : Math.min(...levels.values());
  return (id, level) => !levels.has(id) && level > floor + tolerance;
}

function levelsOf(candidates: readonly Candidate[]): Levels {
  return new Map(candidates.map(({ chunkId, similarity }) => [chunkId, finite(similarity)]));
}

function finite(similarity: number): number {
  if (!Number.isFinite(similarity)) throw new TypeError("expected a finite similarity");
  return similarity;
}

/**
 * Each id once, by the greater of its similarities. No store says how precisely it keeps vectors; the greater one needs no
 * such word, is the same whichever store is which, and a chunk stays near that one store holds with an old vector.
 */
function poolOf(a: Levels, b: Levels): Levels {
  const pool = new Map(a);
  for (const [id, level] of b) pool.set(id, Math.max(level, pool.get(id) ?? level));
  return pool;
}

function truthOf(pool: Levels, k: number): Truth | null {
  const size = Math.min(k, pool.size);
  const level = [...pool.values()].toSorted((a, b) => b - a)[size - 1];
  return level === undefined ? null : { pool, size, level };
}

/** The median of how far apart the stores state the same chunks: a few wrong vectors don't move it. */
function precisionGap(a: Levels, b: Levels): number {
  const gaps = [...a].map(([id, level]) => Math.abs(level - (b.get(id) ?? Number.NaN))).filter(Number.isFinite);
  return Math.min(maxPrecisionGap, gaps.toSorted((x, y) => x - y)[Math.floor((gaps.length - 1) / 2)] ?? 0);
}
