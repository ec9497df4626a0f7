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

/** Takes the point that begins at `start` into the page; where the next one begins, or -1, and then nothing was taken. */
export function readPlainPoint(text: string, start: number, page: ChunkPage): number {
  if (!text.startsWith(idKey, start)) return -1;
  let at = skipId(text, start + idKey.length);
  if (!text.startsWith(payloadKey, at)) return -1;
  at += payloadKey.length;
  // The keys stand as they were written.
  const isMomentFirst = page.isDated && text.startsWith(momentKey, at);
  let momentStart = isMomentFirst ? at + momentKey.length : -1;
  let momentEnd = isMomentFirst ? text.indexOf('"', momentStart) : -1;
  if (isMomentFirst) at = momentEnd + 2;
  if (!text.startsWith(chunkKey, at)) return -1;
  const chunkStart = at + chunkKey.length;
  const chunkEnd = text.indexOf('"', chunkStart);
  at = chunkEnd + 1;
  if (page.isDated && !isMomentFirst && text.charCodeAt(at) === comma) {
    if (!text.startsWith(momentKey, at + 1)) return -1;
    momentStart = at + 1 + momentKey.length;
    momentEnd = text.indexOf('"', momentStart);
    at = momentEnd + 1;
  }
  if (!text.startsWith(end, at)) return -1;
  const time = momentEnd < 0 ? Number.NaN : momentAt(text, momentStart, momentEnd);
  // No moment in the usual form: the walk knows the others.
  if (momentEnd >= 0 && Number.isNaN(time)) return -1;
  if (!page.addPlainId(text, chunkStart, chunkEnd)) return -1;
  page.updatedAtMs[page.count - 1] = time;
  if (momentEnd >= 0 && text.charCodeAt(momentStart + 19) !== dot) page.seconds += 1;
  return at + end.length;
}

/** Behind an id in quotes or digits. */
function skipId(text: string, start: number): number {
  if (text.charCodeAt(start) === quote) return text.indexOf('"', start + 1) + 1;
  let at = start;
  for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(at)) at += 1;
  return at;
}
