// The columns of a batch while a store's answer is being read into them. Reused from page to page.
import type { ChunkBatch, FoundChunk, VerifyLevel } from "#ports/chunk-store.ts";
import { idTextAt } from "./ids.ts";
import { hexOf } from "./payload-digest.ts";

const bytesPerId = 48;
const [quote, backslash] = [34, 92];
const dateLength = 10;
/** Longer ids go another way. */
const longestPlain = 1024;

type Shape = { readonly level: VerifyLevel; readonly pageSize: number; readonly dimension: number };

/** One row after the other: `addId` begins it, what the level asks for completes it. */
export class ChunkPage {
  readonly updatedAtMs: Float64Array;
  readonly payloadDigests: Int32Array | null;
  readonly vectors: Float32Array | null;
  readonly dimension: number;
  /** Whether moments belong to the level. */
  readonly isDated: boolean;
  idEnds: Uint32Array;
  idBytes: Uint8Array;
  count = 0;
  /** Of `coarseMoments`. */
  milliseconds = 0;
  seconds = 0;
  days = 0;
  #end = 0;

  constructor({ level, pageSize, dimension }: Shape) {
    this.dimension = dimension;
    this.isDated = level !== "ids";
    this.idEnds = new Uint32Array(pageSize);
    this.idBytes = new Uint8Array(pageSize * bytesPerId);
    this.updatedAtMs = new Float64Array(pageSize).fill(Number.NaN);
    this.payloadDigests = level === "payload" || level === "vector" ? new Int32Array(pageSize * 2) : null;
    this.vectors = level === "vector" ? new Float32Array(pageSize * dimension) : null;
  }

  /** Rows that it has room for. */
  get capacity(): number {
    return this.idEnds.length;
  }

  clear(): void {
    this.count = 0;
    this.milliseconds = 0;
    this.seconds = 0;
    this.days = 0;
    this.#end = 0;
  }

  /** Takes in a row's id; what else is known of it goes to the columns at `count - 1`. */
  addId(bytes: Uint8Array, start: number, end: number): void {
    const after = this.#end + end - start;
    this.#reserve(after);
    for (let from = start, to = this.#end; from < end; from += 1, to += 1) this.idBytes[to] = bytes[from] as number;
    this.#finish(after);
  }

  /** The same from a part of a text. */
  addIdSlice(text: string, start: number, end: number): void {
    const from = this.#end;
    this.#reserve(from + end - start);
    for (let at = start; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code > 127) return this.addIdText(text.slice(start, end));
      this.idBytes[from + at - start] = code;
    }
    this.#finish(from + end - start);
  }

  /**
   * The same from the bytes of JSON text, up to the closing quote, whose place it returns; -1, and nothing is taken, for
   * escapes, for anything beyond ASCII and for what is long.
   */
  addPlainId(json: Uint8Array, start: number): number {
    const from = this.#end;
    this.#reserve(from + longestPlain);
    const bytes = this.idBytes;
    for (let at = start, to = from; at < start + longestPlain; at += 1, to += 1) {
      const code = json[at] as number;
      if (code === quote) {
        this.#finish(to);
        return at;
      }
      // At the text's end there is no code.
      if (!(code <= 127) || code === backslash) return -1;
      bytes[to] = code;
    }
    return -1;
  }

  /** Takes the last row back. */
  dropLast(): void {
    this.count -= 1;
    this.#end = this.count === 0 ? 0 : (this.idEnds[this.count - 1] as number);
  }

  /** The same from text. */
  addIdText(text: string): void {
    this.#reserve(this.#end + text.length * 3);
    const { written } = encoder.encodeInto(text, this.idBytes.subarray(this.#end));
    this.#finish(this.#end + written);
  }

  /** The floats of the last row. */
  lastVector(): Float32Array {
    const vectors = this.vectors ?? none;
    return vectors.subarray((this.count - 1) * this.dimension, this.count * this.dimension);
  }

  /** Whether the last row's id has these bytes. */
  lastIdIs(bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.count < 2 ? 0 : (this.idEnds[this.count - 2] as number);
    if (this.count === 0 || this.#end - from !== end - start) return false;
    // Neighbours in order differ at the end.
    for (let at = end - start - 1; at >= 0; at -= 1) if (this.idBytes[from + at] !== bytes[start + at]) return false;
    return true;
  }

  /** The last row alone, for a look-up. */
  toFound(namespace: string | null): FoundChunk {
    const row = this.count - 1;
    const time = this.updatedAtMs[row] as number;
    const digests = this.payloadDigests;
    const vector = this.lastVector();
    return {
      id: this.idAt(row),
      namespace,
      updatedAtMs: Number.isNaN(time) ? null : time,
      payloadDigest: digests === null ? null : hexOf(digests[row * 2] as number, digests[row * 2 + 1] as number),
      vector: this.vectors === null || Number.isNaN(vector[0]) ? null : vector.slice(),
    };
  }

  /** Counts a moment as its text is written: its length, and the digits of its fraction of a second. */
  countWritten(length: number, digits: number): void {
    if (digits <= 3) this.milliseconds += 1;
    if (digits > 0) return;
    this.seconds += 1;
    if (length === dateLength) this.days += 1;
  }

  /** Text of the id at `index`. */
  idAt(index: number): string {
    return idTextAt(this, index);
  }

  toBatch(cursor: string, storeMs: number): ChunkBatch {
    const { count, idBytes, idEnds, updatedAtMs, payloadDigests, vectors, dimension } = this;
    const coarseMoments = { milliseconds: this.milliseconds, seconds: this.seconds, days: this.days };
    return { count, coarseMoments, idBytes, idEnds, updatedAtMs, payloadDigests, vectors, dimension, cursor, storeMs };
  }

  #reserve(bytes: number): void {
    if (bytes <= this.idBytes.length) return;
    const larger = new Uint8Array(Math.max(bytes, this.idBytes.length * 2));
    larger.set(this.idBytes);
    this.idBytes = larger;
  }

  #finish(end: number): void {
    this.#end = end;
    this.idEnds[this.count] = end;
    this.count += 1;
  }
}

const encoder = new TextEncoder();
const none = new Float32Array(0);
