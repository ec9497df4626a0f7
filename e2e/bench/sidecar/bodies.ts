// Requests of the load: the same sequence in every run. What is searched doesn't matter here, only its size.

export type BodyKind = "json-768" | "json-1536" | "base64-768";

/** So many that their numbers don't fit V8's cache of numbers' texts, which would flatter whoever prints them. */
const distinctBodies = 512;

/** Bodies of one kind, all different. */
export function makeBodies(kind: BodyKind): Buffer[] {
  const [form, size] = kind.split("-");
  const next = makeRandom(Number(size));
  return Array.from({ length: distinctBodies }, () => {
    const vector = Float32Array.from({ length: Number(size) }, () => next() - 0.5);
    const embedding = form === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return Buffer.from(JSON.stringify({ embedding, k: 10 }));
  });
}

/** Seeded numbers in [0, 1): mulberry32. */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
