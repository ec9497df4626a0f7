// The agreed fields of a chunk as two words, the same whichever store they come from and however it writes them.
import { readMoment } from "#values/time.ts";
import { scramble } from "./element-hash.ts";

/**
 * One text for one value. Numbers compare as numbers (12 = 12.0) and fractions as float32, moments to the millisecond,
 * an absent value as null; text, numbers and booleans never equal each other, and members come in no order.
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return canonicalString(value);
    case "number":
      return `n${canonicalNumber(value)}`;
    case "bigint":
      return `n${canonicalNumber(Number(value))}`;
    case "boolean":
      return value ? "t" : "f";
    case "object":
      return canonicalObject(value);
    default:
      return "0";
  }
}

/** Whole numbers as they are; others as the float32 that a `real` column knows, where that is a number of its own. */
function canonicalNumber(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const single = Math.fround(value);
  return single !== 0 && Number.isFinite(single) ? single : value;
}

function canonicalString(text: string): string {
  if (text.length >= 19 && text.length <= 40) {
    const time = readMoment(text);
    if (!Number.isNaN(time)) return `d${time}`;
  }
  return `s${text.length}:${text}`;
}

function canonicalObject(value: object | null): string {
  if (value === null) return "0";
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${key.length}:${key}=${canonicalText(member)}`).join(",")}}`;
}

/** A name (entity, namespace): stores keep it as text or as a number, applications see text. */
export function canonicalName(value: unknown): string {
  if (value === null || value === undefined) return "0";
  if (typeof value === "string") return `s${value}`;
  return `s${typeof value === "object" ? canonicalObject(value) : canonicalText(value).slice(1)}`;
}

/** Digest of entity, namespace and the agreed fields, in the order both stores are given them: 64 bits in two words. */
export function digestPayload(
  entity: unknown,
  namespace: unknown,
  fields: readonly unknown[],
): readonly [number, number] {
  const parts = [canonicalName(entity), canonicalName(namespace), ...fields.map(canonicalText)];
  let first = 0x3c6ef372;
  let second = 0x1f83d9ab;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) {
      const code = part.charCodeAt(index);
      first = Math.imul(first ^ code, 0x9e3779b1) ^ (second >>> 15);
      second = Math.imul(second ^ code, 0x85ebca77) ^ (first >>> 13);
    }
    // A boundary that no text holds, so that nothing can move from one field to the next.
    first = scramble(first ^ 0x10000);
    second = scramble(second ^ part.length ^ 0x20000);
  }
  return [scramble(first ^ Math.imul(second, 5)), scramble(second ^ Math.imul(first, 9))];
}

/** Hex of two words. */
export function hexOf(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}
