// Which chunks a run compares: one partition of the ids, and a sample of them. The same on both sides and in every run.
import { scramble } from "@retriever/stores/chunks/element-hash.ts";

type Share = {
  readonly partition: { readonly index: number; readonly count: number };
  /** Share of the ids, 0..1. */
  readonly sample: number;
};

/** Whether every chunk is in. */
export function isWhole({ partition, sample }: Share): boolean {
  return partition.count === 1 && sample === 1;
}

/** Whether an id is in; `first` and `second` are its hash words under `shareSeed`. */
export function isInShare({ partition, sample }: Share, first: number, second: number): boolean {
  // Different bits decide, so that a sample takes the same share of every partition.
  return (
    first % partition.count === partition.index && (sample === 1 || scramble(second) >>> 0 < sample * 0x1_0000_0000)
  );
}

/** The same for all runs: partitions of different pods must not overlap. */
export const shareSeed = [0x243f6a88, 0x13198a2e] as const;
