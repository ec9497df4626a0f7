// The form that most payloads have their moments in, read without making text or a Date of it.

const msPerDay = 86_400_000;

/** ms since 1970 of `YYYY-MM-DDTHH:MM:SS[.fff…]Z` in `start`..`end`; NaN for every other form. */
export function momentAt(text: string, start: number, end: number): number {
  const length = end - start;
  if (length < 20 || text.charCodeAt(end - 1) !== 90 || !hasMarks(text, start)) return Number.NaN;
  const year = twoDigits(text, start) * 100 + twoDigits(text, start + 2);
  const days = daysOf(year, twoDigits(text, start + 5), twoDigits(text, start + 8));
  const hours = twoDigits(text, start + 11);
  const minutes = twoDigits(text, start + 14);
  const seconds = twoDigits(text, start + 17);
  const fraction = length === 20 ? 0 : fractionOf(text, start + 19, end - 1);
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  return days * msPerDay + ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
}

function hasMarks(text: string, start: number): boolean {
  const mark = text.charCodeAt(start + 10);
  return (
    text.charCodeAt(start + 4) === 45 &&
    text.charCodeAt(start + 7) === 45 &&
    (mark === 84 || mark === 32) &&
    text.charCodeAt(start + 13) === 58 &&
    text.charCodeAt(start + 16) === 58
  );
}

/** NaN when one of them isn't a digit. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Likewise. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Whole ms of `.fff…`; what is finer is cut off. */
function fractionOf(text: string, from: number, end: number): number {
  if (text.charCodeAt(from) !== 46 || end - from < 2) return Number.NaN;
  const count = end - from - 1;
  const all = digits(text, from + 1, Math.min(count, 3));
  return count >= 3 ? all : all * (count === 1 ? 100 : 10);
}

/** Days since 1970-01-01 by the Gregorian calendar; days that not every month has are left to the parser. */
function daysOf(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28)) return Number.NaN;
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
