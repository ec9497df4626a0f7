// Moments in text and as numbers, as stores and applications write them.
import { numberOf } from "./exact-json.ts";

/** RFC 3339 as Postgres and applications print it; zone, seconds and the whole time of day may be left out, as in Qdrant. */
const moment = /^(?!0000)(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/i;

/**
 * ms since 1970 of a moment in text, microseconds as their fraction; NaN for anything else. Without a zone it is UTC, a
 * date its midnight. What is finer is rounded, as Postgres does.
 */
export function readMoment(text: string): number {
  const match = moment.exec(text);
  if (match === null) return Number.NaN;
  const fraction = match[4] ?? "";
  const time = wholeMs(match);
  return fraction.length <= 4 ? time : withMicroseconds(time, microsecondsOf(fraction));
}

/** Cut to whole ms. */
function wholeMs([, day, minutes = "00:00", seconds = "00", fraction = "", zone = "Z", zoneMinutes]: RegExpExecArray) {
  const offset = zone.length === 1 || zoneMinutes !== undefined ? zone.toUpperCase() : `${zone}:00`;
  if (!isDay(day as string)) return Number.NaN;
  return Date.parse(`${day}T${minutes}:${seconds}${fraction.slice(0, 4)}${offset}`);
}

/** Beyond the whole ms, of `.fff…`: 0 to 1000. */
function microsecondsOf(fraction: string): number {
  const all = fraction.length <= 7 ? Number(fraction.slice(1).padEnd(6, "0")) : roundEven(Number(`0${fraction}`) * 1e6);
  return all - Number(fraction.slice(1, 4)) * 1000;
}

/** A half goes to the even number, as in C's `rint`. */
function roundEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** The one double that a moment is compared by: whole ms, and the microseconds after them as a fraction. */
export function withMicroseconds(ms: number, microseconds: number): number {
  const more = Math.floor(microseconds / 1000);
  return ms + more + (microseconds - more * 1000) / 1000;
}

/** Whether the month has the day: the parser takes February 30 for March 2. */
function isDay(day: string): boolean {
  if (Number(day.slice(8)) <= 28) return true;
  const time = Date.parse(day);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** As `exactTime` prints nearly all: what is copied is read so twice. Days that not every month has are left to the parser. */
const printedExactly =
  /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:\d{0,5}[1-9])?Z$/;

/** As Postgres prints them in UTC. */
const printedByServer =
  /^([12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?\+00:00$/;

/** ISO 8601 in UTC with milliseconds, or with more digits where there are more; for what is copied. Null for no moment. */
export function exactTime(text: string | null): string | null {
  if (text === null || printedExactly.test(text)) return text;
  const served = printedByServer.exec(text);
  if (served !== null) return `${served[1]}.${withoutZeros(served[2] ?? "", 3).padEnd(3, "0")}Z`;
  const match = moment.exec(text);
  const time = match === null ? Number.NaN : wholeMs(match);
  if (Number.isNaN(time)) return null;
  const finer = withoutZeros(/\.\d{3}(\d*)/.exec(text)?.[1] ?? "");
  return `${new Date(time).toISOString().slice(0, -1)}${finer}Z`;
}

/** By hand: a pattern that looks for the zeros at the end takes quadratic time on many zeros before another digit. */
function withoutZeros(digits: string, least = 0): string {
  let end = digits.length;
  while (end > least && digits[end - 1] === "0") end -= 1;
  return digits.slice(0, end);
}

/** What a Date holds; Postgres holds later moments. */
const mostMs = 8.64e15;

/** A moment as `readTime` prints it; days that not every month has are left to the parser. */
const printed = /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** ISO 8601 in UTC with milliseconds, so that the same moment is the same text, of a text or a number; null for what is none. */
export function readTime(value: unknown): string | null {
  if (typeof value === "string") return printed.test(value) ? value : isoOf(readMoment(value));
  return isoOf(epochMs(numberOf(value)));
}

/**
 * ms since 1970, cut to whole microseconds, of a number that counts from there: of seconds up to 1e11 (the year 5138),
 * beyond of milliseconds up to 1e14, then of microseconds. NaN for larger ones.
 */
export function epochMs(value: number): number {
  const size = Math.abs(value);
  if (!(size < 1e17)) return Number.NaN;
  if (size >= 1e14) return withMicroseconds(0, Math.trunc(value));
  // By its digits: 1.001 times a thousand is no 1001.
  const [whole = "", digits = ""] = size < 1e-6 ? ["0"] : String(size).split(".");
  const sign = Math.sign(value);
  if (size >= 1e11) return withMicroseconds(sign * Number(whole), sign * Number(digits.slice(0, 3).padEnd(3, "0")));
  return withMicroseconds(sign * Number(whole) * 1e3, sign * Number(digits.slice(0, 6).padEnd(6, "0")));
}

/** The same of ms since 1970 in text. */
export function timeOf(milliseconds: string | null): string | null {
  return milliseconds === null ? null : isoOf(Number(milliseconds));
}

function isoOf(time: number): string | null {
  return Math.abs(time) <= mostMs ? new Date(Math.floor(time)).toISOString() : null;
}
