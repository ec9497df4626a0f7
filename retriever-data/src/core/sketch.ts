// Result of one pass over both stores: the table of differences, and small tables of ever smaller samples of the ids,
// which estimate the number of differences when the table holds too many.
import { type DifferenceTable, makeDifferenceTable, peel } from "./difference-table.ts";

/** Cells of the table: 3.1 MB for both stores together, 50,000 chunks that differ on both sides. */
export const defaultCells = 131_072;
const sampleCells = 6144;
/** One id in this many is in each of the sample tables. */
const sampleRates = [64, 1024, 16_384] as const;

export type Sketch = { readonly table: DifferenceTable; readonly samples: readonly DifferenceTable[] };

/** Empty. */
export function makeSketch(cells: number): Sketch {
  return { table: makeDifferenceTable(cells), samples: sampleRates.map(() => makeDifferenceTable(sampleCells)) };
}

/** Adds or takes off elements, of four words each. */
export function change({ table, samples }: Sketch, elements: Int32Array, sign: 1 | -1): void {
  table.change(elements, sign);
  for (let at = 0; at < elements.length; at += 4) {
    if (((elements[at + 1] as number) & 63) !== 0) continue;
    for (let index = 0; index < sampleRates.length; index += 1) {
      if ((elements[at + 1] as number) % (sampleRates[index] as number) === 0)
        samples[index]?.change(elements.subarray(at, at + 4), sign);
    }
  }
}

/** About how many elements are left over, from the finest sample that isn't overfull itself; Infinity when all are. */
export function estimateLeftovers({ samples }: Sketch): number {
  for (const [index, sample] of samples.entries()) {
    const { isComplete, size } = peel(sample);
    if (isComplete) return size * (sampleRates[index] ?? 1);
  }
  return Number.POSITIVE_INFINITY;
}

/** Every sum of a sketch in one array. */
export function sumsOf({ table, samples }: Sketch): Int32Array {
  const parts = [table, ...samples].map(({ sums }) => sums);
  const all = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The sketch that `sums` are of; undefined when they fit none of that size. */
export function sketchOf(cells: number, sums: Int32Array): Sketch | undefined {
  const empty = makeSketch(cells);
  if (sumsOf(empty).length !== sums.length) return undefined;
  let at = 0;
  const take = (table: DifferenceTable, size: number): DifferenceTable => {
    const own = sums.slice(at, at + table.sums.length);
    at += own.length;
    return makeDifferenceTable(size, own);
  };
  return { table: take(empty.table, cells), samples: empty.samples.map((sample) => take(sample, sampleCells)) };
}
