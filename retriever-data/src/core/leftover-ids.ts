// From the elements left in a table to the ids that must be named, and the stores that hold them.
import type { Leftovers } from "./difference-table.ts";
import { makeIdSet } from "./id-set.ts";

/** Pairs of id words: those that the source names, and those that only the destination can. */
type WantedIds = { readonly source: Int32Array; readonly destination: Int32Array };

/** Each id once. */
export function wantedIds({ words, counts, size }: Leftovers): WantedIds {
  const source = collect(words, size, (index) => (counts[index] as number) > 0);
  const inSource = makeIdSet(source);
  const isForeign = (index: number): boolean =>
    (counts[index] as number) < 0 && !inSource.has(words[index * 4] as number, words[index * 4 + 1] as number);
  return { source, destination: collect(words, size, isForeign) };
}

function collect(words: Int32Array, size: number, isIn: (index: number) => boolean): Int32Array {
  const pairs = new Int32Array(size * 2);
  let end = 0;
  for (let index = 0; index < size; index += 1) {
    if (!isIn(index)) continue;
    pairs[end] = words[index * 4] as number;
    pairs[end + 1] = words[index * 4 + 1] as number;
    end += 2;
  }
  return pairs.slice(0, end);
}

/** Both lists, one behind the other. */
export function joinIds(a: Int32Array, b: Int32Array): Int32Array {
  const joined = new Int32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
