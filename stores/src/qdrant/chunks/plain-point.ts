// The form in which Qdrant prints nearly every point of a scan: its id, then the chunk's id, and its moment from level
// `fresh` on, and nothing else. Read in place, without a text for each member; every other form is left to the walk.
import type { ChunkPage } from "#chunks/chunk-page.ts";
import { momentAt } from "./moment-text.ts";

const [quote, comma, zero, nine, closeBrace] = [34, 44, 48, 57, 125];
/** What ids and moments mostly are: a UUID, and milliseconds in UTC. */
const [uuidLength, momentLength] = [36, 24];
const wordBytes = 4;

/** A part of the text that is always the same, by words of four bytes, of which the last one may begin in the one before. */
type Fixed = { readonly length: number; readonly words: Int32Array; readonly last: number };

/** Of at least four ASCII characters. */
function fixed(text: string): Fixed {
  const codes = new DataView(new TextEncoder().encode(text).buffer);
  const whole = Math.floor(text.length / wordBytes);
  const words = Int32Array.from({ length: whole }, (_, index) => codes.getInt32(index * wordBytes, true));
  return { length: text.length, words, last: codes.getInt32(text.length - wordBytes, true) };
}

/** How an answer begins. */
export const scrollHead = '{"result":{"points":[';
const head = fixed(scrollHead);
const idKey = fixed('{"id":');
const payloadKey = fixed(',"payload":{');

/** How the members begin that are taken. */
export type PlainKeys = { readonly chunk: Fixed; readonly moment: Fixed | null };

/** Of keys that print as they are; null: there is no moment. */
export function plainKeys(chunk: string, moment: string | null): PlainKeys | null {
  const isPrinted = /^[ !#-[\]-~]*$/.test(`${chunk}${moment ?? ""}`);
  return isPrinted ? { chunk: fixed(`"${chunk}":"`), moment: moment === null ? null : fixed(`"${moment}":"`) } : null;
}

/** Points of one text in bytes. */
export class PlainPoints {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #keys: PlainKeys;
  /** Where the moment of the point stands that is being read; the end is -1 for none. */
  #momentStart = -1;
  #momentEnd = -1;

  constructor(bytes: Uint8Array, keys: PlainKeys) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#keys = keys;
  }

  /** Takes the points that an answer begins with, as long as they are plain; up to where. 0: none. */
  readAll(page: ChunkPage): number {
    if (!this.#isAt(0, head)) return 0;
    for (let at = head.length; ; at += 1) {
      const after = this.read(at, page);
      // Behind a comma another point has to come, which is read with what is left.
      if (after < 0) return at === head.length ? 0 : at;
      if (this.#bytes[after] !== comma) return after;
      at = after;
    }
  }

  /** Takes the point that begins at `start` into the page; where the next one begins, or -1, and then nothing was taken. */
  read(start: number, page: ChunkPage): number {
    this.#momentEnd = -1;
    const payloadAt = this.#isAt(start, idKey) ? this.#skipId(start + idKey.length) : -1;
    if (payloadAt < 0 || !this.#isAt(payloadAt, payloadKey)) return -1;
    const { chunk } = this.#keys;
    const bytes = this.#bytes;
    // The keys stand as they were written.
    const chunkAt = this.#skipMoment(payloadAt + payloadKey.length, 1);
    if (!this.#isAt(chunkAt, chunk)) return -1;
    const chunkEnd = page.addPlainId(bytes, chunkAt + chunk.length);
    if (chunkEnd < 0) return -1;
    const hasMore = this.#momentEnd < 0 && bytes[chunkEnd + 1] === comma;
    const endAt = hasMore ? this.#skipMoment(chunkEnd + 2, 0) : chunkEnd + 1;
    const isEnded = bytes[endAt] === closeBrace && bytes[endAt + 1] === closeBrace;
    if (isEnded && this.#takeMoment(page)) return endAt + 2;
    page.dropLast();
    return -1;
  }

  /** By hand: the language's own search costs a call for each of the few characters. */
  #isAt(at: number, { length, words, last }: Fixed): boolean {
    const view = this.#view;
    if (at + length > view.byteLength || view.getInt32(at + length - wordBytes, true) !== last) return false;
    for (let index = 0; index < words.length; index += 1)
      if (view.getInt32(at + index * wordBytes, true) !== words[index]) return false;
    return true;
  }

  /** Behind the moment's member and `more`, noting where its text stands; `at` itself where there is none. */
  #skipMoment(at: number, more: number): number {
    const key = this.#keys.moment;
    if (key === null || !this.#isAt(at, key)) return at;
    this.#momentStart = at + key.length;
    this.#momentEnd = this.#closingQuote(this.#momentStart, momentLength);
    return this.#momentEnd + 1 + more;
  }

  /** Of a text that mostly has this length, and holds neither quotes nor escapes when it has it; moments and ids see to that. */
  #closingQuote(start: number, usual: number): number {
    return this.#bytes[start + usual] === quote ? start + usual : this.#bytes.indexOf(quote, start);
  }

  /** Whether the last row's moment is in the form that needs no further look; the walk knows others. */
  #takeMoment(page: ChunkPage): boolean {
    const [start, end] = [this.#momentStart, this.#momentEnd];
    const isDated = end >= 0;
    const time = isDated ? momentAt(this.#bytes, start, end) : Number.NaN;
    if (isDated && (!page.isDated || Number.isNaN(time))) return false;
    page.updatedAtMs[page.count - 1] = time;
    // Twenty characters without a fraction, 21 with the dot of one.
    if (isDated) page.countWritten(end - start, Math.max(0, end - start - 21));
    return true;
  }

  /** Behind an id in quotes or digits. */
  #skipId(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === quote) return this.#closingQuote(start + 1, uuidLength) + 1;
    let at = start;
    for (let code = bytes[at] as number; code >= zero && code <= nine; code = bytes[at] as number) at += 1;
    return at;
  }
}

const encoder = new TextEncoder();
let ofText: Uint8Array = new Uint8Array(0);

/** Of ASCII, a byte for each character; null where there is more in it. A byte is read in a tenth of a character's time. */
export function plainPointsIn(text: string, keys: PlainKeys): PlainPoints | null {
  if (Buffer.byteLength(text) !== text.length) return null;
  if (ofText.length < text.length) ofText = new Uint8Array(text.length * 2);
  encoder.encodeInto(text, ofText);
  return new PlainPoints(ofText.subarray(0, text.length), keys);
}
