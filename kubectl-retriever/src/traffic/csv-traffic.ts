// A CSV of times and requests per second → samples, or every fault with its line, value and expectation. Pure.
import { plural } from "@retriever/stores/values/plural.ts";
import { CsvError, type InfoRecord, parse } from "csv-parse/sync";
import { mostRequestsPerSecond } from "#scenario/scenario.ts";
import type { ReadSamples, TrafficFault, TrafficSample } from "./traffic-samples.ts";

/** Four days of seconds, or a year of two and a half minutes. */
const mostRows = 350_000;
const longestRowBytes = 4096;

type Row = { readonly record: readonly string[]; readonly line: number };
type Time = { readonly seconds: number; readonly isClock: boolean };

/**
 * Two columns: a time (ISO 8601, UTC where it names no zone; epoch seconds or ms; seconds from the beginning; or hours,
 * when the header says `hour`) and requests per second. Separated by comma, semicolon or tab; a header, empty lines and
 * lines after `#` are tolerated; an empty value and NaN are gaps. Never throws.
 */
export function readCsvTraffic(text: string): ReadSamples {
  const rows = rowsOf(text);
  if ("message" in rows) return { ok: false, faults: [rows] };
  const head = headOf(rows[0]);
  if (head === undefined) return samplesOf(rows, false);
  return samplesOf(rows.slice(1), /hour/i.test(head));
}

function samplesOf(rows: readonly Row[], countsHours: boolean): ReadSamples {
  const samples: TrafficSample[] = [];
  const faults: TrafficFault[] = [];
  let before: Time | undefined;
  for (const { record, line } of rows) {
    const time = timeOf(record[0] ?? "", countsHours);
    const value = valueOf(record[1] ?? "");
    const fault = faultOf(record, { time, value, before });
    if (fault !== undefined) faults.push({ line, message: fault });
    else if (time !== undefined && typeof value === "number")
      samples.push({ seconds: time.seconds, requestsPerSecond: value });
    before = time ?? before;
  }
  if (faults.length > 0) return { ok: false, faults };
  if (samples.length === 0) return { ok: false, faults: [{ line: undefined, message: noValue }] };
  return { ok: true, samples, isClock: before?.isClock === true, leftOut: rows.length - samples.length };
}

/** What the first column is called; undefined when the first row is a sample already. */
function headOf(row: Row | undefined): string | undefined {
  const [time = "", value = ""] = row?.record ?? [];
  return timeOf(time, false) === undefined && valueOf(value) === undefined ? time : undefined;
}

const noValue = "received no value, expected lines of a time and requests per second";

function rowsOf(text: string): readonly Row[] | TrafficFault {
  try {
    const found = parse(text, {
      bom: true,
      comment: "#",
      delimiter: [",", ";", "\t"],
      info: true,
      max_record_size: longestRowBytes,
      relax_column_count: true,
      skip_empty_lines: true,
      to: mostRows + 1,
      trim: true,
    }) as unknown as { record: string[]; info: InfoRecord }[];
    if (found.length > mostRows) return { line: undefined, message: `received more than ${mostRows} lines` };
    return found.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (fault) {
    if (!(fault instanceof CsvError)) throw fault;
    return { line: typeof fault["lines"] === "number" ? fault["lines"] : undefined, message: fault.message };
  }
}

function faultOf(
  record: readonly string[],
  read: {
    readonly time: Time | undefined;
    readonly value: number | null | undefined;
    readonly before: Time | undefined;
  },
): string | undefined {
  const { time, value, before } = read;
  const [said, amount] = record.map((cell) => JSON.stringify(cell.slice(0, 40)));
  if (record.length !== 2)
    return `received ${record.length} ${plural(record.length, "column")}, expected 2: a time and requests per second`;
  if (time === undefined) return `received ${said}, expected an ISO time, epoch seconds, or seconds from the beginning`;
  if (value === undefined) return `received ${amount}, expected requests per second from 0 to ${mostRequestsPerSecond}`;
  if (before === undefined) return undefined;
  if (time.isClock !== before.isClock) return `received ${said}, expected a time of the same kind as before`;
  return time.seconds > before.seconds ? undefined : `received ${said}, expected a later time than on the line before`;
}

/** A Monday, 00:00 UTC: hours from 0 to 23 are those of every day, from 0 to 167 those of a week. */
const mondaySeconds = 4 * 86_400;
/** Larger numbers are of the epoch: as seconds from the beginning this would be 31 years. */
const leastEpochSeconds = 1e9;
const leastEpochMs = 1e11;

function timeOf(text: string, countsHours: boolean): Time | undefined {
  if (/^\d{1,16}(\.\d{1,9})?$/.test(text)) {
    const number = Number(text);
    if (countsHours) return { seconds: mondaySeconds + number * 3600, isClock: true };
    return { seconds: number >= leastEpochMs ? number / 1000 : number, isClock: number >= leastEpochSeconds };
  }
  const [, day, clock, zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const ms = Date.parse(`${day}T${clock}${zone}`);
  return Number.isNaN(ms) ? undefined : { seconds: ms / 1000, isClock: true };
}

/** Null for a gap, undefined for what is no rate. */
function valueOf(text: string): number | null | undefined {
  if (text === "" || /^nan$/i.test(text)) return null;
  const value = /^\d{1,12}(\.\d*)?(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
  return value <= mostRequestsPerSecond ? value : undefined;
}
