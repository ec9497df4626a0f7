// Moments as both stores are to print them.

/** ISO 8601 in UTC with milliseconds, so that the same moment is the same text; null for anything that isn't one. */
export function readTime(value: unknown): string | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
