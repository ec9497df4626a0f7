// Finds the bytes of the member `embedding` in a JSON object without parsing the rest, which JSON.parse judges later.
import { RetrieverError } from "#errors.ts";
import { scanNumberArray, skipSpace } from "./scan-numbers.ts";

export type LocatedEmbedding = {
  /** The value is bytes[start, end). */
  readonly start: number;
  readonly end: number;
  /** Elements of an array of numbers; null: the value is a string. */
  readonly count: number | null;
};

const [openBrace, closeBrace, openBracket, closeBracket] = [123, 125, 91, 93];
const [quote, backslash, colon, comma] = [34, 92, 58, 44];
/** Shorter strings aren't worth a native search. */
const plainLength = 64;

/** Throws RETR_REQUEST_INVALID when the body isn't an object, or holds no embedding, two, or one of another type. */
export function locateEmbedding(bytes: Uint8Array): LocatedEmbedding {
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== openBrace) throw refuse("expected a JSON object");
  at = skipSpace(bytes, at + 1);
  let found: LocatedEmbedding | undefined;
  while (at < bytes.length && bytes[at] !== closeBrace) {
    const keyEnd = skipString(bytes, at);
    const start = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
    if (bytes[skipSpace(bytes, keyEnd)] !== colon) throw refuse("expected valid JSON");
    const isEmbedding = keyIs(bytes, at, keyEnd);
    if (isEmbedding && found !== undefined) throw refuse("expected one member named embedding, got two", "embedding");
    if (isEmbedding) found = readEmbedding(bytes, start);
    at = skipSpace(bytes, isEmbedding && found !== undefined ? found.end : skipValue(bytes, start));
    if (bytes[at] !== comma) break;
    at = skipSpace(bytes, at + 1);
  }
  if (found === undefined) throw refuse("expected an array of numbers or base64 float32, got nothing", "embedding");
  return found;
}

function readEmbedding(bytes: Uint8Array, start: number): LocatedEmbedding {
  if (bytes[start] === quote) return { start, end: skipString(bytes, start), count: null };
  return { start, ...scanNumberArray(bytes, start) };
}

// A key may be written with escapes; only then it is decoded.
function keyIs(bytes: Uint8Array, start: number, end: number): boolean {
  const text = textOf(bytes, start, end);
  if (!text.includes("\\")) return text === '"embedding"';
  try {
    return JSON.parse(text) === "embedding";
  } catch {
    throw refuse("expected valid JSON");
  }
}

/** Index after the string that starts at `start`. */
function skipString(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== quote) throw refuse("expected valid JSON");
  const plainEnd = start + plainLength < bytes.length ? endOfPlain(bytes, start) : undefined;
  if (plainEnd !== undefined) return plainEnd;
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  throw refuse("expected valid JSON");
}

/**
 * Index after a long string without escapes, which base64 is; undefined for any other.
 * It searches no further than the next quote, so that a body of many strings isn't searched over and over.
 */
function endOfPlain(bytes: Uint8Array, start: number): number | undefined {
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset + start + 1, bytes.length - start - 1);
  const length = rest.indexOf(quote);
  if (length < plainLength || rest.subarray(0, length).includes(backslash)) return undefined;
  return start + length + 2;
}

/** Index after any value. Lenient: it only has to be right for valid JSON, anything else JSON.parse refuses. */
function skipValue(bytes: Uint8Array, start: number): number {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipString(bytes, at);
      if (depth === 0) return at;
      continue;
    }
    if (depth === 0 && (byte === comma || byte === closeBrace)) return at;
    depth += depthChange(byte);
    at += 1;
    if (depth === 0 && (byte === closeBrace || byte === closeBracket)) return at;
  }
  throw refuse("expected valid JSON");
}

function depthChange(byte: number | undefined): number {
  if (byte === openBrace || byte === openBracket) return 1;
  return byte === closeBrace || byte === closeBracket ? -1 : 0;
}

/** Bytes as text, one character a byte. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

function refuse(expectation: string, path = "(root)"): RetrieverError {
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message: `${path}: ${expectation}`, path });
}
