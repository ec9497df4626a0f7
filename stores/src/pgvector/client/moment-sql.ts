// A chunk's moment as SQL, in whatever type a column or a member of JSON has it. A value that is no moment is never an
// error of Postgres: its row is served without one, and a verification says that it can't be read.
import type { FieldPath } from "#config/chunk-fields.ts";
import type { MomentPrecision } from "#ports/chunk-store.ts";
import { isColumn, textAt, valueAt } from "./field-sql.ts";
import type { Column } from "./table-catalogue.ts";

/** time: of a moment's own type; number: since 1970, as `epochMs` reads it; json: text or a number. */
export type MomentKind = "time" | "text" | "number" | "json";

const kinds: Readonly<Record<string, MomentKind>> = {
  timestamptz: "time",
  timestamp: "time",
  date: "time",
  text: "text",
  varchar: "text",
  bpchar: "text",
  int4: "number",
  int8: "number",
  float8: "number",
  numeric: "number",
};

/** `type`: of the path's column. Undefined: it can't hold moments. */
export function momentKindOf(path: FieldPath, type: string | undefined): MomentKind | undefined {
  return isColumn(path) ? kinds[type ?? ""] : "json";
}

/** By digits of a second. */
const byDigits = [
  "second",
  "decisecond",
  "centisecond",
  "millisecond",
  "100 microseconds",
  "10 microseconds",
] as const satisfies readonly MomentPrecision[];

/** How finely a column of moments, or of a list of them, holds them. Null: it is none. */
export function momentPrecisionOf({ type, modifier }: Pick<Column, "type" | "modifier">): MomentPrecision | null {
  if (/^_?date$/.test(type)) return "day";
  if (!/^_?timestamp/.test(type)) return null;
  return byDigits[modifier] ?? "microsecond";
}

export const expectedMoment = "timestamptz, timestamp, date, text, or a number of seconds or milliseconds since 1970";

/** For `readMomentText`: of a moment's type ms since 1970, null for the infinities; otherwise as it is. */
export function momentText(path: FieldPath, kind: MomentKind, isRaw: boolean): string {
  const moment = textAt(path);
  if (kind === "json") return `${valueAt(path, { isRaw })}::text`;
  if (kind !== "time") return `${moment}::text`;
  return `CASE WHEN isfinite(${moment}) THEN floor(extract(epoch FROM ${moment}) * 1000)::text END`;
}

const days = "(0[1-9]|1[0-9]|2[0-8])";
const leapYear = "([0-9][0-9](0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
/** A day of the calendar, by a regular expression of Postgres. */
export const dayPattern = `([0-9]{4}-(0[1-9]|1[0-2])-${days}|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)|[0-9]{4}-(0[13578]|1[02])-31|${leapYear}-02-29)`;
const zone = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)";
/** What `readMoment` of `values/time.ts` reads. */
const readable = `^(?!0000)${dayPattern}([T ](([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?|24:00(:00([.]0+)?)?)${zone}?)?$`;

/** Of JSON, as far as moments go. */
const number = "^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?$";

/** What stands for a value that is no moment: beyond any that is written. */
const unreadable = "'4714-11-24 00:00:00+00 BC'::timestamptz";
/** Microseconds of it since 2000, as COPY has them. */
export const unreadableMicroseconds = -211_813_488_000_000_000;

/** `type`: of the path's column. A `timestamptz`; NULL for none. */
export function momentValue(path: FieldPath, kind: MomentKind, type: string | undefined): string {
  const moment = textAt(path);
  if (kind === "time") return type === "date" ? ofDay(moment) : `${moment}::timestamptz`;
  if (kind === "text") return ofText(moment);
  if (kind === "number") return ofNumber(moment);
  // By its spelling, in which no moment has escapes.
  const raw = `${valueAt(path, { isRaw: type === "json" })}::text`;
  return `CASE WHEN ${raw} LIKE '"%' THEN ${ofText(`btrim(${raw}, '"')`)} WHEN length(${raw}) < 1000 AND ${raw} ~ '${number}' THEN ${ofNumber(`(${raw})::numeric`)}
    WHEN ${raw} <> 'null' THEN ${unreadable} END`;
}

/** Days go on long after the last moment. */
function ofDay(day: string): string {
  return `CASE WHEN ${day} > '294276-12-31'::date AND isfinite(${day}) THEN ${unreadable} ELSE ${day}::timestamptz END`;
}

/** Without a zone UTC. What is finer than Postgres's moments is rounded by it, and by `readMoment` likewise. */
function ofText(text: string): string {
  const zoned = `CASE WHEN ${text} ~* '[T ].*${zone}$' THEN ${text} ELSE ${text} || ' UTC' END`;
  return `CASE WHEN ${text} ~* '${readable}' THEN (${zoned})::timestamptz WHEN ${text} IS NOT NULL THEN ${unreadable} END`;
}

/** By its text: of a double, Postgres takes 15 digits over into a numeric, where its text has them all. */
function ofNumber(number: string): string {
  const exact = `${number}::text::numeric`;
  const scaled = `CASE WHEN abs(${number}) < 1e11 THEN ${exact} WHEN abs(${number}) < 1e14 THEN ${exact} / 1e3 ELSE ${exact} / 1e6 END`;
  // Whole seconds apart: an interval is multiplied as a double, which has no room for the microseconds of late ones.
  const cut = `trunc(${scaled}, 6)`;
  const [seconds, rest] = [`trunc(${cut})`, `(${cut} - trunc(${cut}))`].map((part) => `${part} * '1 second'::interval`);
  return `CASE WHEN abs(${number}) < 1e17 THEN 'epoch'::timestamptz + ${seconds} + ${rest}
    WHEN ${number} IS NOT NULL THEN ${unreadable} END`;
}
