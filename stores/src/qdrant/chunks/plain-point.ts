// The form in which Qdrant prints nearly every point of a scan: its id, then the chunk's id, and its moment from level
// `fresh` on, and nothing else. Read in place, without a text for each member; every other form is left to the walk.
import type { ChunkPage } from "#chunks/chunk-page.ts";
import { momentAt } from "./moment-text.ts";

const [quote, comma, zero, nine] = [34, 44, 48, 57];
const codesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const idKey = codesOf('{"id":');
const payloadKey = codesOf(',"payload":{');
const end = codesOf("}}");
/** What ids and moments mostly are: a UUID, and milliseconds in UTC. */
const [uuidLength, momentLength] = [36, 24];

/** How the members begin that are taken. */
export type PlainKeys = { readonly chunk: Uint8Array; readonly moment: Uint8Array | null };

/** Of keys that print as they are; null: there is no moment. */
export function plainKeys(chunk: string, moment: string | null): PlainKeys {
  return { chunk: codesOf(`"${chunk}":"`), moment: moment === null ? null : codesOf(`"${moment}":"`) };
}

/** Where the moment of the point stands that is being read; `end` is -1 for none. One object for all of them. */
const moment = { start: -1, end: -1 };

/** Takes the point that begins at `start` into the page; where the next one begins, or -1, and then nothing was taken. */
export function readPlainPoint(bytes: Uint8Array, start: number, page: ChunkPage, keys: PlainKeys): number {
  moment.end = -1;
  const payloadAt = isAt(bytes, start, idKey) ? skipId(bytes, start + idKey.length) : -1;
  if (payloadAt < 0 || !isAt(bytes, payloadAt, payloadKey)) return -1;
  // The keys stand as they were written.
  const chunkAt = skipMoment(bytes, payloadAt + payloadKey.length, 1, keys);
  if (!isAt(bytes, chunkAt, keys.chunk)) return -1;
  const chunkEnd = page.addPlainId(bytes, chunkAt + keys.chunk.length);
  if (chunkEnd < 0) return -1;
  const hasMore = moment.end < 0 && bytes[chunkEnd + 1] === comma;
  const endAt = hasMore ? skipMoment(bytes, chunkEnd + 2, 0, keys) : chunkEnd + 1;
  if (isAt(bytes, endAt, end) && takeMoment(bytes, page)) return endAt + end.length;
  page.dropLast();
  return -1;
}

/** By hand: the language's own search costs a call for each of the few characters. */
function isAt(bytes: Uint8Array, at: number, codes: Uint8Array): boolean {
  for (let index = 0; index < codes.length; index += 1) if (bytes[at + index] !== codes[index]) return false;
  return true;
}

/** Behind the moment's member and `more`, noting where its text stands; `at` itself where there is none. */
function skipMoment(bytes: Uint8Array, at: number, more: number, keys: PlainKeys): number {
  if (keys.moment === null || !isAt(bytes, at, keys.moment)) return at;
  moment.start = at + keys.moment.length;
  moment.end = closingQuote(bytes, moment.start, momentLength);
  return moment.end + 1 + more;
}

/** Of a text that mostly has this length, and holds neither quotes nor escapes when it has it; `momentAt` and ids see to that. */
function closingQuote(bytes: Uint8Array, start: number, usual: number): number {
  return bytes[start + usual] === quote ? start + usual : bytes.indexOf(quote, start);
}

/** Whether the last row's moment is in the form that needs no further look; the walk knows others. */
function takeMoment(bytes: Uint8Array, page: ChunkPage): boolean {
  const isDated = moment.end >= 0;
  const time = isDated ? momentAt(bytes, moment.start, moment.end) : Number.NaN;
  if (isDated && (!page.isDated || Number.isNaN(time))) return false;
  page.updatedAtMs[page.count - 1] = time;
  // Twenty characters without a fraction, 21 with the dot of one.
  if (isDated) page.countWritten(moment.end - moment.start, Math.max(0, moment.end - moment.start - 21));
  return true;
}

/** Behind an id in quotes or digits. */
function skipId(bytes: Uint8Array, start: number): number {
  if (bytes[start] === quote) return closingQuote(bytes, start + 1, uuidLength) + 1;
  let at = start;
  for (let code = bytes[at] as number; code >= zero && code <= nine; code = bytes[at] as number) at += 1;
  return at;
}
