// Copies of the sample, damaged in the ways that migrations damage copies. Pure; the same seed damages the same chunks.
import type { Dataset } from "#support/dataset/read.ts";

/** A chunk as a store holds it. */
export type StoredChunk = {
  readonly row: number;
  readonly chunkId: string;
  readonly entityId: string;
  readonly namespace: string;
  readonly updatedAt: string;
  readonly vector: Float32Array;
};
type Damage = {
  readonly name: string;
  readonly apply: (chunks: readonly StoredChunk[], random: () => number) => readonly StoredChunk[];
};

/** Share of the older text in a stale chunk's vector. */
const staleShare = 0.4;
const staleByMs = 30 * 86_400_000;

/** The one that damages nothing comes first: what it shows is the noise of the comparison itself. */
export const damages: readonly Damage[] = [
  { name: "none", apply: (chunks) => chunks },
  missing(0.01),
  missing(0.2),
  missing(0.5),
  { name: "vectors on the wrong ids", apply: shuffleVectors },
  { name: "20 % stale", apply: (chunks, random) => makeStale(chunks, random, 0.2) },
  { name: "int8 quantised", apply: (chunks) => mapVectors(chunks, toInt8) },
  {
    name: "binary quantised",
    apply: (chunks) => mapVectors(chunks, (vector) => vector.map((value) => (value < 0 ? -1 : 1))),
  },
];

/** The sample as a store holds it. */
export function storedChunks({ chunks, vector }: Dataset): StoredChunk[] {
  return chunks.map(({ chunkId, entityId, namespace, updatedAt }, row) => ({
    row,
    chunkId,
    entityId,
    namespace,
    updatedAt,
    vector: vector(row),
  }));
}

/** `share` of one vector in another. */
export function blend(vector: Float32Array, other: Float32Array, share: number): Float32Array {
  return vector.map((value, index) => (1 - share) * value + share * (other[index] ?? 0));
}

function missing(share: number): Damage {
  const apply: Damage["apply"] = (chunks, random) => chunks.filter(() => random() >= share);
  return { name: `${share * 100} % missing`, apply };
}

function mapVectors(chunks: readonly StoredChunk[], change: (vector: Float32Array) => Float32Array): StoredChunk[] {
  return chunks.map((chunk) => ({ ...chunk, vector: change(chunk.vector) }));
}

/** Every vector moves to another id: Sattolo's walk leaves none at home. */
function shuffleVectors(chunks: readonly StoredChunk[], random: () => number): StoredChunk[] {
  const vectors = chunks.map(({ vector }) => vector);
  for (let last = vectors.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * last);
    const [a, b] = [vectors[last], vectors[other]];
    if (a === undefined || b === undefined) throw new RangeError("no such vector");
    [vectors[last], vectors[other]] = [b, a];
  }
  return chunks.map((chunk, row) => ({ ...chunk, vector: vectors[row] ?? chunk.vector }));
}

/** The vector of an earlier text, which had something of another chunk's meaning, and its earlier time. */
function makeStale(chunks: readonly StoredChunk[], random: () => number, share: number): StoredChunk[] {
  return chunks.map((chunk) => {
    if (random() >= share) return chunk;
    const other = chunks[Math.floor(random() * chunks.length)] ?? chunk;
    const updatedAt = new Date(Date.parse(chunk.updatedAt) - staleByMs).toISOString();
    return { ...chunk, updatedAt, vector: blend(chunk.vector, other.vector, staleShare) };
  });
}

/** 255 steps between the largest magnitudes of a vector. */
function toInt8(vector: Float32Array): Float32Array {
  const step = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  return vector.map((value) => Math.round(value / step) * step);
}
