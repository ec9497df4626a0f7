// The form in which Qdrant prints nearly every point of a scan: its id, then chunk_id, and updated_at from level `fresh`
// on, and nothing else. Read in place, without a text for each member; every other form is left to the walk.
import type { ChunkPage } from "#chunks/chunk-page.ts";
import { momentAt } from "./moment-text.ts";

const [quote, comma, zero, nine, dot] = [34, 44, 48, 57, 46];
const idKey = '{"id":';
const payloadKey = ',"payload":{';
const chunkKey = '"chunk_id":"';
const momentKey = '"updated_at":"';
const end = "}}";

/** Where the moment of the point stands that is being read; `end` is -1 for none. One object for all of them. */
const moment = { start: -1, end: -1 };

/** Takes the point that begins at `start` into the page; where the next one begins, or -1, and then nothing was taken. */
export function readPlainPoint(text: string, start: number, page: ChunkPage): number {
  moment.end = -1;
  const payloadAt = text.startsWith(idKey, start) ? skipId(text, start + idKey.length) : -1;
  if (payloadAt < 0 || !text.startsWith(payloadKey, payloadAt)) return -1;
  // The keys stand as they were written.
  const chunkAt = skipMoment(text, payloadAt + payloadKey.length, 1);
  if (!text.startsWith(chunkKey, chunkAt)) return -1;
  const chunkEnd = text.indexOf('"', chunkAt + chunkKey.length);
  const hasMore = moment.end < 0 && text.charCodeAt(chunkEnd + 1) === comma;
  const endAt = hasMore ? skipMoment(text, chunkEnd + 2, 0) : chunkEnd + 1;
  if (!text.startsWith(end, endAt)) return -1;
  return takeRow(text, page, chunkAt + chunkKey.length, chunkEnd) ? endAt + end.length : -1;
}

/** Behind the member `updated_at` and `more`, noting where its text stands; `at` itself where there is none. */
function skipMoment(text: string, at: number, more: number): number {
  if (!text.startsWith(momentKey, at)) return at;
  moment.start = at + momentKey.length;
  moment.end = text.indexOf('"', moment.start);
  return moment.end + 1 + more;
}

/** Whether the row is in the form that needs no further look; the walk knows other moments and escapes. */
function takeRow(text: string, page: ChunkPage, start: number, stop: number): boolean {
  const isDated = moment.end >= 0;
  const time = isDated ? momentAt(text, moment.start, moment.end) : Number.NaN;
  if (isDated && (!page.isDated || Number.isNaN(time))) return false;
  if (!page.addPlainId(text, start, stop)) return false;
  page.updatedAtMs[page.count - 1] = time;
  if (isDated && text.charCodeAt(moment.start + 19) !== dot) page.seconds += 1;
  return true;
}

/** Behind an id in quotes or digits. */
function skipId(text: string, start: number): number {
  if (text.charCodeAt(start) === quote) return text.indexOf('"', start + 1) + 1;
  let at = start;
  for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(at)) at += 1;
  return at;
}
