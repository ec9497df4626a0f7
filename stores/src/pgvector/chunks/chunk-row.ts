// Rows of a binary COPY into the columns of a page, straight from the bytes.
import { Buffer } from "node:buffer";
import type { ChunkPage } from "#chunks/chunk-page.ts";
import { type DigestRules, digestPayload } from "#chunks/payload-digest.ts";
import { errorsOf, type RetrieverError } from "#errors.ts";
import { oddMoments, type VerifyLevel } from "#ports/chunk-store.ts";
import { parseExact } from "#values/exact-json.ts";
import { withMicroseconds } from "#values/time.ts";
import { unreadableMicroseconds } from "../client/moment-sql.ts";

const refuse = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

/** Postgres counts microseconds from 2000-01-01. */
const epochMs = 946_684_800_000;
const absent = -1;

type RowShape = { readonly level: VerifyLevel; readonly rules: DigestRules };

/** Reads the columns of `columnsOf`; returns where the next field begins. Throws RETR_VERIFY_NOT_COMPARABLE. */
export function readChunkRow(page: ChunkPage, { level, rules }: RowShape, bytes: Buffer, start: number): number {
  let at = start + 4;
  const idLength = bytes.readInt32BE(start);
  if (idLength === absent) throw refuse("chunk_id: expected a value in every row of the table, found NULL");
  page.addId(bytes, at, at + idLength);
  at += idLength;
  if (level === "ids") return at;
  const row = page.count - 1;
  const momentLength = bytes.readInt32BE(at);
  page.updatedAtMs[row] = momentLength === 8 ? readMicroseconds(bytes, at + 4) : Number.NaN;
  at += 4 + Math.max(0, momentLength);
  if (level === "fresh" || page.payloadDigests === null) return at;
  const payloadEnd = at + 4 + bytes.readInt32BE(at);
  const [entity, namespace, ...fields] = parseExact(bytes.toString("utf8", at + 4, payloadEnd)) as unknown[];
  page.payloadDigests.set(digestPayload(entity, namespace, fields, rules), row * 2);
  at = payloadEnd;
  if (level === "payload") return at;
  const vectorEnd = readVector(page, bytes, at);
  if (vectorEnd === null) throw refuseVector(readTextField(bytes, start).text, page.lastVector().length);
  return vectorEnd;
}

/** ms since 1970 with microseconds, or what stands for Postgres's infinities and for what can't be read. */
function readMicroseconds(bytes: Buffer, at: number): number {
  const high = bytes.readInt32BE(at);
  if (high === 0x7fff_ffff) return oddMoments.future;
  if (high === -0x8000_0000) return oddMoments.past;
  const low = bytes.readUInt32BE(at + 4);
  if (high * 0x1_0000_0000 + low === unreadableMicroseconds) return oddMoments.unreadable;
  // In two steps: microseconds beyond the year 2285 are more than a double counts.
  return withMicroseconds(high * 4_294_967 + epochMs, high * 296 + low);
}

function refuseVector(id: string | null, length: number): RetrieverError {
  return refuse(
    `embedding: expected ${length} numbers in every row, the row ${JSON.stringify(id?.slice(0, 80))} has others; ` +
      "name the rows of one dimension by where, or by a view, or compare --level payload",
  );
}

/** pgvector's own form, or the bits of a `bit`; NaN for NULL. Null: of another dimension. */
function readVector(page: ChunkPage, bytes: Buffer, at: number): number | null {
  const target = page.lastVector();
  const length = bytes.readInt32BE(at);
  const from = at + 4;
  if (length === absent) {
    target.fill(Number.NaN);
    return from;
  }
  if (length === 4 + target.length * 4 && bytes.readUInt16BE(from) === target.length) {
    const raw = Buffer.from(target.buffer, target.byteOffset, target.byteLength);
    raw.set(bytes.subarray(from + 4, from + length));
    raw.swap32();
  } else if (bytes.readInt32BE(from) === target.length) {
    for (let index = 0; index < target.length; index += 1) {
      target[index] = ((bytes[from + 4 + (index >> 3)] as number) >> (7 - (index & 7))) & 1;
    }
  } else {
    return null;
  }
  return from + length;
}

/** A text field, and where the next one begins. */
export function readTextField(bytes: Buffer, at: number): { readonly text: string | null; readonly end: number } {
  const length = bytes.readInt32BE(at);
  const end = at + 4 + Math.max(0, length);
  return { text: length === absent ? null : bytes.toString("utf8", at + 4, end), end };
}
