// Point ids: unsigned 64-bit integers and UUIDs, printed in one spelling and ordered integers first.
// Integers beyond 2^53 are bigint, so that they stay exact.
export type PointId = number | bigint | string;

const largest = 2n ** 64n - 1n;
const uuidPattern = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/** The id that a value is; undefined when it is none. */
export function readPointId(value: unknown): PointId | undefined {
  if (typeof value === "string") {
    const match = uuidPattern.exec(value.toLowerCase().replace(/^urn:uuid:/, ""));
    return match === null ? undefined : match.slice(1).join("-");
  }
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : undefined;
  return typeof value === "bigint" && value >= 0n && value <= largest ? value : undefined;
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
