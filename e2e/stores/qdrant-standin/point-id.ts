// Point ids: unsigned 64-bit integers and UUIDs, printed in one spelling and ordered integers first.
// Integers beyond 2^53 are bigint, so that they stay exact.
import { ShapeFault } from "./fault.ts";
import { type Json, toDouble } from "./json-value.ts";

export type PointId = number | bigint | string;

const largest = 2n ** 64n - 1n;
const uuidPattern = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/** Id of a request body. Throws ShapeFault, without a place, as Qdrant's own has none. */
export function parsePointId(value: Json | undefined): PointId {
  if (typeof value === "string") {
    const uuid = parseUuid(value);
    if (uuid !== undefined) return uuid;
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  if (typeof value === "bigint" && value >= 0n && value <= largest) return value;
  const shown = typeof value === "string" ? value : String(toDouble(value) ?? JSON.stringify(value ?? null));
  const expected = "valid values are either an unsigned integer or a UUID";
  throw new ShapeFault(`value ${shown} is not a valid point ID, ${expected}`, false);
}

/** Id of a path; undefined when it is none. */
export function parsePathId(text: string): PointId | undefined {
  if (!/^\d{1,20}$/.test(text)) return parseUuid(text);
  const value = BigInt(text);
  if (value > largest) return undefined;
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function parseUuid(text: string): string | undefined {
  const match = uuidPattern.exec(text.toLowerCase().replace(/^urn:uuid:/, ""));
  return match === null ? undefined : match.slice(1).join("-");
}

export function printPointId(id: PointId): string {
  return typeof id === "string" ? `"${id}"` : String(id);
}

/** Scroll order: integers ascending, then UUIDs ascending. */
export function comparePointIds(a: PointId, b: PointId): number {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : Number(a > b);
  if (typeof a === "string") return 1;
  if (typeof b === "string") return -1;
  return a < b ? -1 : Number(a > b);
}
