// From the elements left in a table to the ids that must be named, and the stores that hold them.
import type { Leftovers } from "./difference-table.ts";
import { makeIdSet } from "./id-set.ts";

/** Pairs of id words, by the store that holds the chunk; a chunk that differs is in both. */
type LeftoverIds = { readonly source: Int32Array; readonly destination: Int32Array };

export function leftoverIds({ words, counts, size }: Leftovers): LeftoverIds {
  return {
    source: collect(words, size, (index) => (counts[index] as number) > 0),
    destination: collect(words, size, (index) => (counts[index] as number) < 0),
  };
}

/** Pairs of words that `ids` has and `others` hasn't. */
export function without(ids: Int32Array, others: Int32Array): Int32Array {
  const other = makeIdSet(others);
  const kept = ids.slice();
  let end = 0;
  for (let at = 0; at < ids.length; at += 2) {
    if (other.has(ids[at] as number, ids[at + 1] as number)) continue;
    kept[end] = ids[at] as number;
    kept[end + 1] = ids[at + 1] as number;
    end += 2;
  }
  return kept.slice(0, end);
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
