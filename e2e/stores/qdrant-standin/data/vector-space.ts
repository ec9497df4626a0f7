// The vectors of one name in one collection: float32 rows of what their type can hold, searched exhaustively and exactly.
// Scores are summed in double precision and rounded to float32 once.

export const distances = ["Cosine", "Dot", "Euclid", "Manhattan"] as const;
export type Distance = (typeof distances)[number];
export type Datatype = "float32" | "float16" | "uint8";
export type VectorParams = {
  readonly size: number;
  readonly distance: Distance;
  /** float32 when absent. */
  readonly datatype?: Datatype | undefined;
};

export type Hit = { readonly slot: number; readonly score: number };

type Search = {
  readonly query: Float32Array;
  /** How many of the best are wanted. */
  readonly count: number;
  /** Slots that may be answered: undefined for every one below `slots` that has a vector. */
  readonly accepts: (slot: number) => boolean;
  /** Decides between equal scores; the lower goes first. */
  readonly tieBreak: (slot: number) => number;
};

/** Vectors by slot. Grows by doubling; a freed slot keeps its room. */
export class VectorSpace {
  readonly size: number;
  readonly distance: Distance;
  readonly datatype: Datatype;
  private values: Float32Array;
  private present: Uint8Array;

  constructor({ size, distance, datatype = "float32" }: VectorParams) {
    this.size = size;
    this.distance = distance;
    this.datatype = datatype;
    this.values = new Float32Array(size * 64);
    this.present = new Uint8Array(64);
  }

  /** The vector as this space keeps it: of length 1 for Cosine except in bytes, as it is otherwise; in its type's numbers. */
  prepare(vector: Float32Array): Float32Array {
    if (this.datatype === "uint8") return vector.map(toByte);
    const directed = this.distance === "Cosine" ? normalise(vector) : vector;
    return this.datatype === "float16" ? directed.map(Math.f16round) : directed;
  }

  set(slot: number, vector: Float32Array | undefined): void {
    this.reserve(slot + 1);
    this.present[slot] = vector === undefined ? 0 : 1;
    if (vector !== undefined) this.values.set(this.prepare(vector), slot * this.size);
  }

  get(slot: number): Float32Array | undefined {
    return this.present[slot] === 1 ? this.values.subarray(slot * this.size, (slot + 1) * this.size) : undefined;
  }

  /** Best first. `query` is prepared here. */
  search({ query, count, accepts, tieBreak }: Search): readonly Hit[] {
    const prepared = this.prepare(query);
    const measure = this.distance === "Cosine" && this.datatype === "uint8" ? cosine : measures[this.distance];
    const sign = this.distance === "Cosine" || this.distance === "Dot" ? 1 : -1;
    const best = new BestHits(count, tieBreak);
    for (let slot = 0; slot < this.present.length; slot += 1) {
      if (this.present[slot] !== 1 || !accepts(slot)) continue;
      best.offer(slot, sign * Math.fround(measure(this.values, slot * this.size, prepared)));
    }
    return best.hits.map((hit) => ({ slot: hit.slot, score: sign * hit.score }));
  }

  private reserve(slots: number): void {
    if (slots <= this.present.length) return;
    const room = Math.max(slots, this.present.length * 2);
    const values = new Float32Array(room * this.size);
    values.set(this.values);
    const present = new Uint8Array(room);
    present.set(this.present);
    this.values = values;
    this.present = present;
  }
}

/** Without its fraction, and the nearest end where it is beyond both. */
function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value)));
}

/** Squares of a shorter vector count as none: it stays as it is. */
const leastSquares = 2 ** -23;

/** Length 1 in float32; a vector of nearly zeros stays, and one whose length no float32 can say becomes zeros. */
function normalise(vector: Float32Array): Float32Array {
  const squares = Math.fround(vector.reduce((sum, value) => sum + value * value, 0));
  const norm = Math.fround(Math.sqrt(squares));
  return squares < leastSquares ? vector : vector.map((value) => value / norm);
}

type Measure = (values: Float32Array, start: number, query: Float32Array) => number;

const measures: Readonly<Record<Distance, Measure>> = { Cosine: dot, Dot: dot, Euclid: euclid, Manhattan: manhattan };

/** Four sums side by side: the processor adds them in parallel. */
function dot(values: Float32Array, start: number, query: Float32Array): number {
  const { length } = query;
  const even = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let index = 0; index < even; index += 4) {
    const at = start + index;
    a += (values[at] as number) * (query[index] as number);
    b += (values[at + 1] as number) * (query[index + 1] as number);
    c += (values[at + 2] as number) * (query[index + 2] as number);
    d += (values[at + 3] as number) * (query[index + 3] as number);
  }
  for (let index = even; index < length; index += 1) a += (values[start + index] as number) * (query[index] as number);
  return a + b + (c + d);
}

/** Of rows that aren't of length 1. */
function cosine(values: Float32Array, start: number, query: Float32Array): number {
  const row = values.subarray(start, start + query.length);
  const squares = dot(row, 0, row) * dot(query, 0, query);
  return squares === 0 ? 0 : dot(row, 0, query) / Math.sqrt(squares);
}

function euclid(values: Float32Array, start: number, query: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < query.length; index += 1) {
    const difference = (values[start + index] as number) - (query[index] as number);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

function manhattan(values: Float32Array, start: number, query: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < query.length; index += 1) {
    sum += Math.abs((values[start + index] as number) - (query[index] as number));
  }
  return sum;
}

/** The `count` best hits seen so far, best first: most offers end at one comparison. */
class BestHits {
  readonly hits: Hit[] = [];
  private readonly count: number;
  private readonly tieBreak: (slot: number) => number;

  constructor(count: number, tieBreak: (slot: number) => number) {
    this.count = count;
    this.tieBreak = tieBreak;
  }

  offer(slot: number, score: number): void {
    const offered = { slot, score };
    const worst = this.hits.at(-1);
    const isFull = this.hits.length >= this.count;
    if (isFull && (worst === undefined || this.compare(offered, worst) >= 0)) return;
    if (isFull) this.hits.pop();
    this.hits.splice(this.placeOf(offered), 0, offered);
  }

  private placeOf(offered: Hit): number {
    let [low, high] = [0, this.hits.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(this.hits[middle] as Hit, offered) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Negative when `a` goes before `b`. A score that is no number goes last. */
  private compare(a: Hit, b: Hit): number {
    const left = Number.isNaN(a.score) ? -Infinity : a.score;
    const right = Number.isNaN(b.score) ? -Infinity : b.score;
    if (left !== right) return left > right ? -1 : 1;
    return this.tieBreak(a.slot) - this.tieBreak(b.slot) || a.slot - b.slot;
  }
}
