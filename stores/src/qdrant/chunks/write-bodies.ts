// Points in bodies that Qdrant takes, and what it refuses of them one by one.
import { RetrieverError } from "#errors.ts";
import type { LeftChunk } from "#ports/chunk-store.ts";
import { type Given, VectorJson } from "./given-points.ts";
import type { StoredPoint } from "./point-answers.ts";

/** A quarter of what Qdrant takes in one request. */
const mostChars = 8 * 1_048_576;

type NewPoint = Pick<Given, "id" | "vector" | "payload">;

function pointJson({ id, vector, payload }: NewPoint): string {
  const numbers = vector instanceof VectorJson ? vector.text : JSON.stringify(vector);
  return `{"id":${JSON.stringify(id)},"vector":${numbers},"payload":${JSON.stringify(payload)}}`;
}

/** Points as JSON, of at most `mostPoints` and so many characters together; one that is larger by itself goes alone. */
export function bodiesOf(points: readonly NewPoint[], mostPoints: number): string[][] {
  const bodies: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const text = pointJson(point);
    chars += text.length;
    if (chars > mostChars || (bodies.at(-1)?.length ?? 0) >= mostPoints) {
      bodies.push([]);
      chars = text.length;
    }
    bodies.at(-1)?.push(text);
  }
  return bodies;
}

/** Runs `run` on all; where Qdrant refuses a point, on halves, so that every other one is written. */
export async function skipRefused<Item extends { readonly id: string }>(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<void>,
): Promise<LeftChunk[]> {
  const [first] = items;
  if (first === undefined) return [];
  try {
    await run(items);
    return [];
  } catch (error) {
    if (!(error instanceof RetrieverError) || error.code !== "RETR_REPAIR_WRITE_REFUSED") throw error;
    if (items.length === 1) return [{ id: first.id, why: "refused", reason: error.message }];
    const middle = items.length >> 1;
    return [...(await skipRefused(items.slice(0, middle), run)), ...(await skipRefused(items.slice(middle), run))];
  }
}

/** Points by chunk; a chunk that several points hold is refused, since it can't be said which of them counts. */
export function eachOnce(points: readonly StoredPoint[]) {
  const held = new Map<string, StoredPoint>();
  const doubled = new Set<string>();
  for (const point of points) {
    if (held.has(point.chunkId)) doubled.add(point.chunkId);
    held.set(point.chunkId, point);
  }
  const reason = "the collection holds it more than once; remove the doubles";
  return { held, left: [...doubled].map((id): LeftChunk => ({ id, why: "refused", reason })) };
}
