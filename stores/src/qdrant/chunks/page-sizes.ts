// How many points a page of a scan may have, and where scans end.

/** A page of payloads or vectors is parsed as a whole; it has to stay small whatever is asked for. */
export const mostWithPayloads = 1000;

/** So that a page of vectors stays below what an answer may have, at some 16 characters for each number. */
export function mostWhole(dimension: number | null): number {
  return Math.min(mostWithPayloads, Math.max(1, Math.floor(2_097_152 / Math.max(1, dimension ?? 0))));
}

/** Cursor of the last page: there is nothing after it. */
export const atEnd = "end";
