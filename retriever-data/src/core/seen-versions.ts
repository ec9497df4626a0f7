// Which versions of chunks a process saw in a store: ids with their moments, eight bytes each. Pure.
import { hashValue, makeHashId } from "@retriever/stores/chunks/element-hash.ts";

const leastSlots = 2 ** 12;
const usualMostSlots = 2 ** 24;
/** More of the slots are never taken, so that a search ends soon. */
const fullShare = 0.75;
/** Every day of every time zone begins with one of these. */
const quarterHourMs = 900_000;
const encoder = new TextEncoder();

/**
 * A version that wasn't added is taken for one that was with a chance below the number held in 2^60. Beyond its bound
 * (12 million; 128 MiB) no more are taken in: who asks for one of them is told that it wasn't seen.
 */
export class SeenVersions {
  readonly #hashId: ReturnType<typeof makeHashId>;
  readonly #mostSlots: number;
  readonly #words = new Int32Array(4);
  #slots = new Int32Array(leastSlots * 2);
  #count = 0;

  /** `random`: two numbers from 0 to 1, so that nobody can choose ids that collide. */
  constructor([first, second]: readonly [number, number], mostSlots = usualMostSlots) {
    this.#hashId = makeHashId([Math.floor(first * 0x7fff_ffff), Math.floor(second * 0x7fff_ffff)]);
    this.#mostSlots = mostSlots;
  }

  get size(): number {
    return this.#count;
  }

  add(id: string | Uint8Array, updatedAtMs: number | null): void {
    if (!isVersion(updatedAtMs)) return;
    if (this.#count >= this.#capacity() * fullShare) {
      if (this.#capacity() >= this.#mostSlots) return;
      this.#grow();
    }
    this.#hash(id, updatedAtMs);
    const slot = this.#find(this.#words[0] as number, this.#words[1] as number);
    if (this.#slots[slot * 2] !== 0) return;
    this.#slots[slot * 2] = this.#words[0] as number;
    this.#slots[slot * 2 + 1] = this.#words[1] as number;
    this.#count += 1;
  }

  has(id: string, updatedAtMs: number | null): boolean {
    if (!isVersion(updatedAtMs)) return false;
    this.#hash(id, updatedAtMs);
    return this.#slots[this.#find(this.#words[0] as number, this.#words[1] as number) * 2] !== 0;
  }

  #capacity(): number {
    return this.#slots.length / 2;
  }

  /** Leaves two words in `#words`, of which the first isn't 0: that marks a free slot. Stores may keep no microseconds. */
  #hash(id: string | Uint8Array, updatedAtMs: number): void {
    const bytes = typeof id === "string" ? encoder.encode(id) : id;
    const words = this.#words;
    this.#hashId(bytes, 0, bytes.length, words);
    hashValue(Math.floor(updatedAtMs), [words[0] as number, words[1] as number], words);
    words[0] = (words[2] as number) + 1;
    words[1] = words[3] as number;
  }

  #find(first: number, second: number): number {
    const mask = this.#capacity() - 1;
    let slot = (first ^ Math.imul(second, 0x9e3779b1)) & mask;
    while (this.#slots[slot * 2] !== 0 && (this.#slots[slot * 2] !== first || this.#slots[slot * 2 + 1] !== second))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] === 0) continue;
      const slot = this.#find(old[at] as number, old[at + 1] as number);
      this.#slots[slot * 2] = old[at] as number;
      this.#slots[slot * 2 + 1] = old[at + 1] as number;
    }
  }
}

/** A chunk without a moment (null, NaN), or with the beginning of a day for one, may have been written again under the same. */
function isVersion(updatedAtMs: number | null): updatedAtMs is number {
  return updatedAtMs !== null && !Number.isNaN(updatedAtMs) && updatedAtMs % quarterHourMs !== 0;
}
