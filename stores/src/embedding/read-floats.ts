// Numbers of a scanned JSON array as float32, in one pass over its bytes and mostly without making text of them.
// Trusts the scanner: what it reads follows the grammar of RFC 8259 and lies within float32.
import { textOf } from "./locate-embedding.ts";
import { skipSpace } from "./scan-numbers.ts";

const [minus, dot, zero, lowerE, upperE] = [45, 46, 48, 101, 69];
/** Below it one more digit still leaves a small integer. Nine digits identify almost every float32 and cost half as much as seventeen. */
const roomForDigit = 1e8;
/** Powers of ten that are doubles without rounding. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Fills `target` with the elements of `json`, each bit by bit what `Math.fround` makes of JSON.parse's number. */
export function readFloats(json: Uint8Array, target: Float32Array): void {
  let at = 1;
  for (let element = 0; element < target.length; element += 1) {
    const start = skipSpace(json, at);
    at = json[start] === minus ? start + 1 : start;
    let mantissa = 0;
    for (let digit = digitAt(json, at); digit <= 9 && mantissa < roomForDigit; digit = digitAt(json, at)) {
      mantissa = mantissa * 10 + digit;
      at += 1;
    }
    const pointAt = skipDigits(json, at);
    let exponent = pointAt - at;
    at = pointAt;
    if (json[at] === dot) {
      at += 1;
      for (let digit = digitAt(json, at); digit <= 9 && mantissa < roomForDigit; digit = digitAt(json, at)) {
        mantissa = mantissa * 10 + digit;
        at += 1;
      }
      exponent -= at - pointAt - 1;
    }
    const end = skipDigits(json, at);
    const dropped = end === at && exponent <= 0 ? 0 : 1;
    const size = isExponent(json[end]) ? Number.NaN : between(mantissa, dropped, exponent);
    at = skipExponent(json, end);
    target[element] = Number.isNaN(size) ? Number(textOf(json, start, at)) : signed(size, json[start]);
    at = skipSpace(json, at) + 1;
  }
}

/** A negative zero stays one. */
function signed(size: number, firstByte: number | undefined): number {
  return firstByte === minus ? -size : size;
}

/** Above 9 (as unsigned): no digit. */
function digitAt(json: Uint8Array, at: number): number {
  return ((json[at] as number) - zero) >>> 0;
}

/**
 * The float32 nearest to a number of at least `mantissa` and at most `mantissa + dropped` times a power of ten.
 * Both ends are rounded once each, as the text itself would be, and rounding keeps order: where they meet, the text's
 * own float32 is the same. NaN where they don't, or where an end can't be had in one rounding.
 */
function between(mantissa: number, dropped: number, exponent: number): number {
  const power = powers[exponent < 0 ? -exponent : exponent];
  if (power === undefined) return Number.NaN;
  const least = Math.fround(exponent < 0 ? mantissa / power : mantissa * power);
  if (dropped === 0) return least;
  const most = Math.fround(exponent < 0 ? (mantissa + 1) / power : (mantissa + 1) * power);
  return least === most ? least : Number.NaN;
}

function skipDigits(json: Uint8Array, from: number): number {
  let at = from;
  while (digitAt(json, at) <= 9) at += 1;
  return at;
}

function isExponent(byte: number | undefined): boolean {
  return byte === lowerE || byte === upperE;
}

/** Index after an exponent, if there is one at `at`; its sign is no digit either. */
function skipExponent(json: Uint8Array, at: number): number {
  return isExponent(json[at]) ? skipDigits(json, at + 2) : at;
}
