// How large an answer with chunks' content will be, by those before it to requests of about as many chunks.
import { maxMetadataBytes, maxTextBytes } from "#core/bound-content.ts";

const mib = 1_048_576;
/** Of one: its content as JSON, in which any character may take twice its bytes. */
const largestBytes = 8 * mib;
const largestOfChunk = 2 * (maxTextBytes + maxMetadataBytes);
const remembered = 64;

export type ContentSizes = {
  readonly expected: (chunks: number) => number;
  readonly learn: (chunks: number, bytes: number) => void;
  /** An answer that failed tells nothing of others, but where nothing is known: a store that fails isn't waited for. */
  readonly learnFailure: (chunks: number) => void;
};
type Seen = { readonly squares: number[]; sum: number };

export function makeContentSizes(): ContentSizes {
  // By powers of two: who asks for one document of 60 KB says nothing of answers with a hundred short ones.
  const seen = new Map<number, Seen>();
  const bucketOf = (chunks: number): number => Math.clz32(chunks);
  const learn = (chunks: number, bytes: number): void => {
    const before = seen.get(bucketOf(chunks)) ?? { squares: [], sum: 0 };
    seen.set(bucketOf(chunks), before);
    const square = Math.min(bytes, largestBytes) ** 2;
    before.squares.push(square);
    before.sum += square;
    if (before.squares.length > remembered) before.sum -= before.squares.shift() ?? 0;
  };
  return {
    // The root of the mean square lies above the mean where sizes differ, and far below a single large one among many.
    expected: (chunks) => {
      const before = seen.get(bucketOf(chunks));
      if (before === undefined) return Math.min(largestBytes, largestOfChunk * chunks);
      return Math.min(largestBytes, Math.sqrt(before.sum / before.squares.length));
    },
    learn,
    learnFailure: (chunks) => {
      if (!seen.has(bucketOf(chunks))) learn(chunks, 0);
    },
  };
}
