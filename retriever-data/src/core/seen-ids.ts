// Which ids of a pass may have come before: a Bloom filter, so that a pass needs bits for each id instead of the id.

const [leastBits, mostBits, usualBits] = [2 ** 20, 2 ** 29, 2 ** 26];
const bitsPerId = 16;
const probes = 4;

/** For about `expected` ids (null: unknown); at most 64 MiB. A new id seems seen once in 400 times at the end of so many. */
export class SeenIds {
  readonly #words: Uint32Array;
  readonly #mask: number;

  constructor(expected: number | null) {
    const wanted = expected === null ? usualBits : 2 ** Math.ceil(Math.log2(Math.max(1, expected * bitsPerId)));
    const bits = Math.min(mostBits, Math.max(leastBits, wanted));
    this.#words = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
  }

  /** Takes in an id by its two hash words; false: it is surely new. */
  add(first: number, second: number): boolean {
    let isSeen = true;
    const step = second | 1;
    for (let probe = 0, at = first; probe < probes; probe += 1, at = (at + step) | 0) {
      const bit = at & this.#mask;
      const word = this.#words[bit >>> 5] as number;
      const flag = 1 << (bit & 31);
      if ((word & flag) === 0) isSeen = false;
      this.#words[bit >>> 5] = word | flag;
    }
    return isSeen;
  }
}
