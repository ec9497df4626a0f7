// Label values of a metric that come from requests: bounded, because each value is a time series.

/** From a value to its label: itself for the first `limit` seen, "other" for further ones, "none" for undefined. */
export function makeBoundedLabel(limit: number): (value: string | undefined) => string {
  const seen = new Set<string>();
  return (value) => {
    if (value === undefined) return "none";
    if (seen.has(value)) return value;
    if (seen.size >= limit) return "other";
    seen.add(value);
    return value;
  };
}
