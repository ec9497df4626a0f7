// A chunk as four words below 2^31 - 1: two of its id, two of what else is compared. No objects, no allocation.

/** Words are residues of this prime, so that a multiple of an element can be divided by its count. */
export const modulus = 0x7fff_ffff;

/** Of one run: other runs collide elsewhere. */
export type HashSeed = readonly [number, number];

const [c1, c2, c3, c4] = [0xcc9e2d51 | 0, 0x1b873593, 0x85ebca6b | 0, 0x27d4eb2f];

/** Writes to `out[0]` and `out[1]` what it makes of the UTF-8 in `start`..`end` of `bytes`. */
type HashId = (bytes: Uint8Array, start: number, end: number, out: Int32Array) => void;

/** Hashes ids under a seed. */
export function makeHashId([a, b]: HashSeed): HashId {
  return (bytes, start, end, out) => {
    let first = a ^ (end - start);
    let second = b;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      first = absorb(first, Math.imul(word, c1), c2) + second;
      second = absorb(second, Math.imul(word, c3), c4) ^ first;
    }
    let rest = 0;
    for (; at < end; at += 1) rest = (rest << 8) | (bytes[at] as number);
    first = absorb(first, Math.imul(rest, c1), c2) + second;
    second = absorb(second, Math.imul(rest, c3), c4) ^ first;
    out[0] = toWord(scramble(first | 0));
    out[1] = toWord(scramble((second + Math.imul(first, c3)) | 0));
  };
}

/** Writes two words of a moment (ms since 1970, NaN: none) and of a payload's digest to `out[2]` and `out[3]`. */
export function hashValue(updatedAtMs: number, payload: readonly [number, number], out: Int32Array): void {
  const isDated = updatedAtMs === updatedAtMs;
  const high = isDated ? Math.floor(updatedAtMs / 0x1_0000_0000) : 0x7ff8_0000;
  const low = isDated ? updatedAtMs - high * 0x1_0000_0000 : 0;
  let first = absorb(high | 0, Math.imul(low | 0, c1), c2);
  let second = absorb(low | 0, Math.imul(high | 0, c3), c4);
  first = absorb(first + second, Math.imul(payload[0], c1), c2);
  second = absorb(second ^ first, Math.imul(payload[1], c3), c4);
  first = absorb(first + second, Math.imul(payload[1], c1), c4);
  second = absorb(second ^ first, Math.imul(payload[0], c3), c2);
  out[2] = toWord(scramble(first | 0));
  out[3] = toWord(scramble(second | 0));
}

function absorb(state: number, product: number, factor: number): number {
  const mixed = state ^ Math.imul((product << 15) | (product >>> 17), factor);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** Every bit of `value` reaches every bit of the result. */
export function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A residue of `modulus` out of 32 bits. */
export function toWord(value: number): number {
  const word = value >>> 1;
  return word === modulus ? 0 : word;
}
