// Interval of a share, for people. Verdicts don't rest on it.

/** Normal quantile of a two-sided 95 % interval. */
const z = 1.959964;

/** Wilson score interval of `bad` in `n` (Wilson 1927), 0..1. Null without a sample. */
export function wilsonInterval(bad: number, n: number): [number, number] | null {
  if (n <= 0) return null;
  const share = Math.min(1, Math.max(0, bad / n));
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  // Counts beyond what numbers can square say nothing, which is an interval too.
  return Number.isFinite(centre) && Number.isFinite(half)
    ? [Math.max(0, centre - half), Math.min(1, centre + half)]
    : [0, 1];
}
