// A set of ids by their two hash words, without an object for each.

export type IdSet = { readonly size: number; readonly has: (first: number, second: number) => boolean };

/** A set of the pairs of words in `words`. */
export function makeIdSet(words: Int32Array): IdSet {
  const pairs = words.length / 2;
  let slots = 16;
  while (slots < pairs * 2) slots *= 2;
  // Words are below 2^31 - 1, so that no word is negative: -1 marks a free slot.
  const table = new Int32Array(slots * 2).fill(-1);
  const find = (first: number, second: number): number => {
    let slot = (first ^ (second << 7)) & (slots - 1);
    while (table[slot * 2] !== -1 && (table[slot * 2] !== first || table[slot * 2 + 1] !== second)) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  };
  let size = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const slot = find(words[pair * 2] as number, words[pair * 2 + 1] as number);
    if (table[slot * 2] === -1) size += 1;
    table[slot * 2] = words[pair * 2] as number;
    table[slot * 2 + 1] = words[pair * 2 + 1] as number;
  }
  return { size, has: (first, second) => table[find(first, second) * 2] !== -1 };
}
