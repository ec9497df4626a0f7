// One text for one value of a payload, whichever store it comes from and however that spells it. Values are told apart
// where a filter tells them apart, and compared no finer than the coarser of the two stores knows them.
import type { FieldKind } from "#ports/chunk-store.ts";
import { rawJson, rawSpelling } from "#values/exact-json.ts";
import { numberText } from "#values/same-value.ts";
import { readMoment } from "#values/time.ts";
import { isUuid } from "./ids.ts";
import { isMomentPrecision, nearestUnits } from "./moment-unit.ts";
import { restingDouble } from "./reread-double.ts";

/** What both stores know of a field. Null: the other's isn't known, so that fractions compare as float32, and texts of moments as moments. */
export type ValueRule = FieldKind | null;

/** Text, numbers and booleans never equal each other; an absent value is null, and members come in no order. */
export function canonicalText(value: unknown, rule: ValueRule = null): string {
  switch (typeof value) {
    case "string":
      return canonicalString(value, rule);
    case "number":
    case "bigint":
      return canonicalNumber(String(value), rule);
    case "boolean":
      return value ? "t" : "f";
    case "object":
      return canonicalObject(value, rule);
    default:
      return "0";
  }
}

function canonicalString(text: string, kind: ValueRule): string {
  const isMoment = isMomentPrecision(kind);
  if (isMoment || (kind === null && text.length >= 19 && text.length <= 40)) {
    const time = readMoment(text);
    if (!Number.isNaN(time)) return `d${nearestUnits(time, isMoment ? kind : "microsecond")}`;
  }
  const folded = kind === "uuid" && isUuid(text.toLowerCase()) ? text.toLowerCase() : text;
  return `s${folded.length}:${folded}`;
}

const beyondSearch = 2 ** 63;

/**
 * `12.0` is another value than 12 where a search for 12 doesn't find it, and where both stores can hold either: what holds
 * fractions knows no difference between them.
 */
function tellsFractions(kind: ValueRule): boolean {
  return kind !== null && !/^(reread )?(number|float\d\d)$/.test(kind);
}

function isReread(kind: ValueRule): boolean {
  return kind?.startsWith("reread") === true;
}

function canonicalNumber(spelled: string, kind: ValueRule): string {
  const spelling = isReread(kind) ? restOf(spelled, kind) : spelled;
  const value = Number(spelling);
  const isSpelledWhole = /^-?\d+$/.test(spelling);
  const isWhole = isSpelledWhole || Number.isInteger(value);
  const isOther = tellsFractions(kind) && isWhole && !isSpelledWhole && Math.abs(value) < beyondSearch;
  const held = asFloat(value, kind ?? (isWhole ? "exact" : "float32"));
  return `${isOther ? "r" : "n"}${decimalOf(held === undefined ? spelling : String(held))}`;
}

/** Decimals that every parser reads as the same double. */
const fewDigits = 15;

/** What a store that rereads its decimals comes to show of a double. What no double holds stays, and whole numbers of 64 bits where no column makes doubles of them. */
function restOf(spelling: string, kind: ValueRule): string {
  if (spelling.length <= fewDigits || !(kind === "reread float64" || isOfDouble(spelling))) return spelling;
  if (kind !== "reread float64" && /^-?\d+$/.test(spelling) && isWithin64(spelling)) return spelling;
  const double = Number(spelling);
  if (!Number.isFinite(double)) return spelling;
  const rest = restingDouble(double);
  return Number.isInteger(rest) && Math.abs(rest) < beyondSearch ? `${BigInt(rest)}.0` : String(rest);
}

/** What a float makes of a number; undefined where it isn't compared as one, or beyond what one holds. */
function asFloat(value: number, kind: FieldKind): number | undefined {
  if (kind !== "float32" && kind !== "float64" && kind !== "reread float64") return undefined;
  const held = kind === "float32" ? Math.fround(value) : value;
  return Number.isFinite(held) && (held !== 0 || value === 0) ? held : undefined;
}

/** One spelling of a decimal: no sign of zero, no leading or trailing zeros, an exponent only for very long ones. */
export function decimalOf(spelling: string): string {
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(spelling) ?? [];
  const all = `${whole}${fraction}`;
  const digits = all.replace(/^0+/, "").replace(/0+$/, "");
  if (digits === "") return "0";
  const trailing = all.length - all.replace(/0+$/, "").length;
  const exponent = Number(exponentText) - fraction.length + trailing;
  return `${sign}${layOut(digits, exponent)}`;
}

/**
 * A decimal without a fraction is a whole number, however it is spelled (2.0, 1e2), as a filter would ask for it. One that a
 * double holds has no zeros behind its digits, by which it might be read as another one (`reread-double.ts`).
 */
export function wholeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wholeOf);
  const spelled = numberText(value);
  if (spelled === null) return value;
  const digits = decimalOf(spelled);
  if (/^-?\d+$/.test(digits) && isWithin64(digits)) return rawJson(digits);
  return spelled.length > fewDigits && isOfDouble(spelled) ? Number(spelled) : value;
}

function isOfDouble(spelling: string): boolean {
  return decimalOf(String(Number(spelling))) === decimalOf(spelling);
}

/** Others are doubles in a payload, however they are spelled. */
function isWithin64(digits: string): boolean {
  const value = BigInt(digits);
  return value >= -(1n << 63n) && value < 1n << 64n;
}

const longest = 40;

function layOut(digits: string, exponent: number): string {
  if (exponent > longest || exponent < -longest) return `${digits}e${exponent}`;
  if (exponent >= 0) return `${digits}${"0".repeat(exponent)}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

function canonicalObject(value: object | null, rule: ValueRule): string {
  if (value === null) return "0";
  const number = rawSpelling(value);
  if (number !== undefined) return canonicalNumber(number, rule);
  if (Array.isArray(value)) return `[${value.map((each) => canonicalText(each, rule)).join(",")}]`;
  // No filter reaches into an object that is compared as a whole.
  const inner = rule === null ? null : isReread(rule) ? "reread number" : "number";
  const members = Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${key.length}:${key}=${canonicalText(member, inner)}`).join(",")}}`;
}
