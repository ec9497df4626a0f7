// A uniform sample of the chunks that are read (reservoir sampling by Li's algorithm L): the vectors of those chunks are
// the queries of the quality probe.
import { idTextAt } from "@retriever/stores/chunks/ids.ts";
import type { ChunkBatch } from "@retriever/stores/ports/chunk-store.ts";
import type { Random } from "@retriever/stores/ports/clock.ts";

type QuerySample = {
  /** Samples a batch; keeps copies of what it takes. */
  readonly take: (batch: ChunkBatch) => void;
  /** Ids taken, at most `size`. */
  readonly ids: () => readonly string[];
};

export function makeQuerySample(size: number, random: Random): QuerySample {
  const ids: string[] = [];
  let seen = 0;
  /** Number of the next chunk to be taken, from 0. */
  let next = 0;
  let weight = 1;
  const advance = (): void => {
    if (next < size - 1) {
      next += 1;
      return;
    }
    weight *= Math.exp(Math.log(positive(random())) / size);
    next += Math.floor(Math.log(positive(random())) / Math.log(1 - weight)) + 1;
  };
  return {
    take: (batch) => {
      if (size < 1) return;
      for (; next < seen + batch.count; advance()) {
        const id = idTextAt(batch, next - seen);
        if (ids.length < size) ids.push(id);
        else ids[Math.min(size - 1, Math.floor(random() * size))] = id;
      }
      seen += batch.count;
    },
    ids: () => ids,
  };
}

/** In (0, 1]: a logarithm is to be taken. */
function positive(random: number): number {
  return 1 - random;
}
