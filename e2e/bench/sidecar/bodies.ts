// Requests of the load: the same sequence in every run. What is searched doesn't matter here, only its size.
import { makeRandom } from "#support/random.ts";

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
