// An invertible Bloom table of what two multisets don't share: elements of one side are added, those of the other taken
// off, and what is left names every difference as long as it fits. Its size doesn't depend on theirs.
import { modulus, scramble, toWord } from "@retriever/stores/chunks/element-hash.ts";

/** Numbers of a cell: how many elements, and the sums (modulo `modulus`) of their four words and of a check. */
const width = 6;
const places = 3;
const checkAt = 5;
/** Up to this share of the cells peeling succeeds; the theoretical limit of three places is 0.818. */
const safeLoad = 0.76;

/** Elements left over: four words each, and how often (negative: of the side that was taken off). */
export type Leftovers = {
  readonly words: Int32Array;
  readonly counts: Int32Array;
  readonly size: number;
  /** False: more differs than the table holds, and what was found is a part of it. */
  readonly isComplete: boolean;
};

export type DifferenceTable = {
  readonly cells: number;
  /** Elements that it names reliably; a chunk that differs is one, or two when both sides hold it. */
  readonly capacity: number;
  /** The whole state: what a checkpoint keeps. */
  readonly sums: Int32Array;
  /** Adds (1) or takes off (-1) elements of four words each, one after the other: many at once, in a fraction of the time. */
  readonly change: (elements: Int32Array, sign: 1 | -1) => void;
};

/** Elements whose cells are asked for before the first of them is changed. */
const block = 32;

/** A table of about `cells` cells (24 bytes each), empty or with the sums of an earlier one of that size. */
export function makeDifferenceTable(cells: number, sums?: Int32Array): DifferenceTable {
  const third = Math.max(1, Math.floor(cells / places));
  const state = sums ?? new Int32Array(third * places * width);
  const spot = new Int32Array(places + 1);
  const spots = new Int32Array(block * spot.length);
  // Kept, so that nothing leaves `touch` out.
  let touched = 0;
  return {
    cells: third * places,
    capacity: Math.floor(third * places * safeLoad),
    sums: state,
    change: (elements, sign) => {
      for (let start = 0; start < elements.length; start += spots.length) {
        const end = Math.min(elements.length, start + spots.length);
        for (let at = start; at < end; at += spot.length) {
          locate(elements, at, third, spot);
          for (let index = 0; index < spot.length; index += 1) spots[at - start + index] = spot[index] as number;
        }
        touched ^= touch(state, spots, end - start);
        for (let at = start; at < end; at += spot.length)
          changeCells({ state, spots, from: at - start }, elements, at, sign);
      }
    },
  };
}

/**
 * Reads both ends of all cells, so that the memory's answers are waited for together: a table is larger than a processor's
 * caches, and one wait for each cell takes longer than all else that is done for a chunk.
 */
function touch(state: Int32Array, spots: Int32Array, end: number): number {
  let seen = 0;
  for (let at = 0; at < end; at += places + 1) {
    for (let place = 0; place < places; place += 1) {
      const cell = (spots[at + place] as number) * width;
      seen ^= (state[cell] as number) ^ (state[cell + checkAt] as number);
    }
  }
  return seen;
}

type Cells = { readonly state: Int32Array; readonly spots: Int32Array; readonly from: number };

function changeCells({ state, spots, from }: Cells, elements: Int32Array, at: number, sign: 1 | -1): void {
  const a = signed(elements[at] as number, sign);
  const b = signed(elements[at + 1] as number, sign);
  const c = signed(elements[at + 2] as number, sign);
  const d = signed(elements[at + 3] as number, sign);
  const check = signed(spots[from + places] as number, sign);
  for (let place = 0; place < places; place += 1) {
    const cell = (spots[from + place] as number) * width;
    state[cell] = (state[cell] as number) + sign;
    state[cell + 1] = sumOf(state[cell + 1] as number, a);
    state[cell + 2] = sumOf(state[cell + 2] as number, b);
    state[cell + 3] = sumOf(state[cell + 3] as number, c);
    state[cell + 4] = sumOf(state[cell + 4] as number, d);
    state[cell + checkAt] = sumOf(state[cell + checkAt] as number, check);
  }
}

/** What is added for a word: itself, or what takes it off. */
function signed(word: number, sign: 1 | -1): number {
  return sign === 1 || word === 0 ? word : modulus - word;
}

/** Of two residues. */
function sumOf(a: number, b: number): number {
  const sum = a + b - modulus;
  return sum + (modulus & (sum >> 31));
}

/**
 * Writes an element's three cells and its check. Both halves come of all four words, so that chunks which share one
 * moment still have 62 bits to differ in; with 32, some pair of 50,000 shares all its cells and can't be told apart.
 */
function locate(words: Int32Array, at: number, third: number, spot: Int32Array): void {
  const id = words[at] as number;
  const other = words[at + 1] as number;
  const value = words[at + 2] as number;
  const payload = words[at + 3] as number;
  const first = scramble(id ^ Math.imul(value, 0x9e3779b1) ^ Math.imul(payload, 0x297a2d39));
  const second = scramble((other + Math.imul(payload, 0x85ebca77)) ^ Math.imul(value, 0x2c1b3c6d));
  spot[0] = scale(scramble(first + Math.imul(second, 5)), third);
  spot[1] = third + scale(scramble(second ^ Math.imul(first, 9)), third);
  spot[2] = 2 * third + scale(scramble((first ^ 0x7feb352d) + Math.imul(second, 0x846ca68b)), third);
  spot[places] = toWord(scramble(Math.imul(first, 0x5bd1e995) ^ second));
}

/** 32 bits to 0..size-1. */
function scale(bits: number, size: number): number {
  return Math.trunc((bits >>> 0) * (size / 0x1_0000_0000));
}

/** Everything that is left, on a copy of the table. */
export function peel(table: DifferenceTable): Leftovers {
  const state = table.sums.slice();
  const third = table.cells / places;
  const words = new Int32Array(table.cells * 4);
  const counts = new Int32Array(table.cells);
  const spot = new Int32Array(places + 1);
  const waiting = Array.from({ length: table.cells }, (_, cell) => cell);
  let size = 0;
  for (let cell = waiting.pop(); cell !== undefined && size < table.cells; cell = waiting.pop()) {
    if (!readPure(state, cell, { words, at: size * 4, third, spot })) continue;
    counts[size] = state[cell * width] as number;
    size += 1;
    removeFrom(state, cell, spot);
    for (let place = 0; place < places; place += 1) waiting.push(spot[place] as number);
  }
  return { words, counts, size, isComplete: state.every((sum) => sum === 0) };
}

type Reading = {
  readonly words: Int32Array;
  readonly at: number;
  readonly third: number;
  readonly spot: Int32Array;
};

/** Whether one element alone, however often, is in the cell; its words and places are then written. */
function readPure(state: Int32Array, cell: number, { words, at, third, spot }: Reading): boolean {
  const from = cell * width;
  const count = state[from] as number;
  if (count === 0) return false;
  for (let word = 0; word < 4; word += 1) words[at + word] = divide(state[from + 1 + word] as number, count);
  locate(words, at, third, spot);
  if (spot[0] !== cell && spot[1] !== cell && spot[2] !== cell) return false;
  return spot[places] === divide(state[from + checkAt] as number, count);
}

/** What sums to `sum` when taken `count` times. */
function divide(sum: number, count: number): number {
  if (count === 1 || sum === 0) return sum;
  if (count === -1) return modulus - sum;
  const positive = ((count % modulus) + modulus) % modulus;
  return Number((BigInt(sum) * inverse(positive)) % BigInt(modulus));
}

const inverses = new Map<number, bigint>();
const mostInverses = 4096;

/** By Fermat: value^(modulus - 2). */
function inverse(value: number): bigint {
  const known = inverses.get(value);
  if (known !== undefined) return known;
  const prime = BigInt(modulus);
  let result = 1n;
  let base = BigInt(value);
  for (let exponent = modulus - 2; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  if (inverses.size < mostInverses) inverses.set(value, result);
  return result;
}

/** Takes what a pure cell holds off the three cells of its element. */
function removeFrom(state: Int32Array, cell: number, spot: Int32Array): void {
  const held = state.slice(cell * width, (cell + 1) * width);
  for (let place = 0; place < places; place += 1) {
    const from = (spot[place] as number) * width;
    state[from] = (state[from] as number) - (held[0] as number);
    for (let word = 1; word < width; word += 1) {
      state[from + word] = sumOf(state[from + word] as number, signed(held[word] as number, -1));
    }
  }
}
