// Moments as both stores are to print them.

/** A moment that is printed that way already; days that not every month has are left to the parser. */
const printed = /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** ISO 8601 in UTC with milliseconds, so that the same moment is the same text; null for anything that isn't one. */
export function readTime(value: unknown): string | null {
  if (typeof value === "string" && printed.test(value)) return value;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
