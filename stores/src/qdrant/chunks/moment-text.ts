// The form that most payloads have their moments in, read without making text or a Date of it.

import { withMicroseconds } from "#values/time.ts";

const msPerDay = 86_400_000;

/** ms since 1970 of `YYYY-MM-DDTHH:MM:SS[.fff…]Z` in `start`..`end`; NaN for every other form. */
export function momentAt(codes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 20 || (codes[end - 1] as number) !== 90 || !hasMarks(codes, start)) return Number.NaN;
  const year = twoDigits(codes, start) * 100 + twoDigits(codes, start + 2);
  const days = daysOf(year, twoDigits(codes, start + 5), twoDigits(codes, start + 8));
  const hours = twoDigits(codes, start + 11);
  const minutes = twoDigits(codes, start + 14);
  const seconds = twoDigits(codes, start + 17);
  const fraction = length === 20 ? 0 : fractionOf(codes, start + 19, end - 1);
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  const whole = days * msPerDay + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return fraction === 0 ? whole : withMicroseconds(whole, fraction);
}

const scratch = new Uint8Array(40);

/** The same of a part of a text. */
export function momentIn(text: string, start: number, end: number): number {
  const length = end - start;
  if (length > scratch.length) return Number.NaN;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(start + index);
    scratch[index] = code > 127 ? 0 : code;
  }
  return momentAt(scratch, 0, length);
}

function hasMarks(codes: Uint8Array, start: number): boolean {
  const mark = codes[start + 10] as number;
  return (
    (codes[start + 4] as number) === 45 &&
    (codes[start + 7] as number) === 45 &&
    (mark === 84 || mark === 32) &&
    (codes[start + 13] as number) === 58 &&
    (codes[start + 16] as number) === 58
  );
}

/** NaN when one of them isn't a digit. */
function twoDigits(codes: Uint8Array, at: number): number {
  const tens = (codes[at] as number) - 48;
  const ones = (codes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Likewise. */
function digits(codes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = (codes[at] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Microseconds of `.fff…`; more digits have to be rounded, which is left to the parser. */
function fractionOf(codes: Uint8Array, from: number, end: number): number {
  if ((codes[from] as number) !== 46 || end - from < 2) return Number.NaN;
  const count = end - from - 1;
  return count > 6 ? Number.NaN : digits(codes, from + 1, count) * 10 ** (6 - count);
}

/** Days since 1970-01-01 by the Gregorian calendar; days that not every month has, and the year 0, which Postgres lacks, are left to the parser. */
function daysOf(year: number, month: number, day: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 28)) return Number.NaN;
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
