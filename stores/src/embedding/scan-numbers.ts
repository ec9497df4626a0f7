// Validates a JSON array of numbers as bytes. Nothing becomes a JS number unless its magnitude is in doubt.
import { RetrieverError } from "#errors.ts";

type ScannedArray = { readonly end: number; readonly count: number };

const [openBracket, closeBracket, comma, minus, plus, dot, zero, nine] = [91, 93, 44, 45, 43, 46, 48, 57];
const [lowerE, upperE] = [101, 69];
// 3.4e38 is the largest float32: up to 38 digits before the point can't exceed it.
const safeIntegerDigits = 38;

/** Scans the array that starts at `start`. Throws RETR_REQUEST_INVALID naming the first element that isn't a number. */
export function scanNumberArray(bytes: Uint8Array, start: number): ScannedArray {
  if (bytes[start] !== openBracket) throw refuse("expected an array of numbers");
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === closeBracket) return { end: at + 1, count: 0 };
  let count = 0;
  for (;;) {
    at = skipSpace(bytes, scanNumber(bytes, at, count));
    count += 1;
    if (bytes[at] === closeBracket) return { end: at + 1, count };
    if (bytes[at] !== comma) throw refuse(`expected a comma or the end of the array after element ${count - 1}`);
    at = skipSpace(bytes, at + 1);
  }
}

/** Index of the first byte at or after `at` that isn't JSON white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return index;
    index += 1;
  }
}

/** One number by the grammar of RFC 8259; returns the index after it. */
function scanNumber(bytes: Uint8Array, start: number, element: number): number {
  const integer = bytes[start] === minus ? start + 1 : start;
  let at = skipDigits(bytes, integer);
  const integerDigits = at - integer;
  if (integerDigits === 0 || (integerDigits > 1 && bytes[integer] === zero)) throw refuseElement(element);
  if (bytes[at] === dot) at = skipSomeDigits(bytes, at + 1, element);
  const hasExponent = bytes[at] === lowerE || bytes[at] === upperE;
  if (hasExponent) at = skipSomeDigits(bytes, skipSign(bytes, at + 1), element);
  if (hasExponent || integerDigits > safeIntegerDigits) checkMagnitude(bytes, start, at, element);
  return at;
}

function skipDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < zero || byte > nine) return at;
    at += 1;
  }
}

function skipSomeDigits(bytes: Uint8Array, start: number, element: number): number {
  const end = skipDigits(bytes, start);
  if (end === start) throw refuseElement(element);
  return end;
}

function skipSign(bytes: Uint8Array, at: number): number {
  return bytes[at] === plus || bytes[at] === minus ? at + 1 : at;
}

function checkMagnitude(bytes: Uint8Array, start: number, end: number, element: number): void {
  const value = Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
  if (!Number.isFinite(Math.fround(value))) throw refuse(`element ${element}: expected a number within float32`);
}

function refuseElement(element: number): RetrieverError {
  return refuse(`element ${element}: expected a finite number`);
}

/** The fault of an embedding. */
export function refuse(expectation: string): RetrieverError {
  const message = `embedding: ${expectation}`;
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "embedding" });
}
