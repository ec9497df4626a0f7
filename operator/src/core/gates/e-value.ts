// Evidence that a rate lies above or below a limit, valid at every look: a mixture of likelihood ratios.
// Ville's inequality bounds the chance of ever seeing E >= 1/alpha by alpha while the rate is on the other side.

/** Alternatives a side. */
const gridSize = 24;
/** Distances of the alternatives from the limit, as shares of the way to 1 or to 0: geometric, so denser near it. */
const above = geometricGrid(0.001, 0.98, gridSize);
const below = geometricGrid(0.05, 0.98, gridSize);

/**
 * ln E that the rate (or the mean of values in 0..1) is above `limit`, from `bad` in `n`; fractions are allowed,
 * since a^v b^(1-v) <= v a + (1-v) b for v in 0..1. Rises with `bad`, falls with `limit`. Infinite for anything bad
 * above a limit of 0.
 */
export function logEvidenceAbove(bad: number, n: number, limit: number): number {
  const [x, good] = clampCounts(bad, n);
  if (limit >= 1) return 0;
  if (limit <= 0) return x > 0 ? Number.POSITIVE_INFINITY : 0;
  // p = limit + u (1 - limit), so that (1 - p) / (1 - limit) = 1 - u.
  const odds = (1 - limit) / limit;
  return logMeanOf(above, (u) => x * Math.log1p(u * odds) + good * Math.log1p(-u));
}

/** ln E that the rate is below `limit`. Falls with `bad`, rises with `limit`; nothing is below 0. */
export function logEvidenceBelow(bad: number, n: number, limit: number): number {
  const [x, good] = clampCounts(bad, n);
  if (limit <= 0) return 0;
  if (limit >= 1) return good > 0 ? Number.POSITIVE_INFINITY : 0;
  const odds = limit / (1 - limit);
  // p = limit (1 - u): the mirror image.
  return logMeanOf(below, (u) => x * Math.log1p(-u) + good * Math.log1p(u * odds));
}

/** [bad, good], never negative: a count that can't be is worth the nearest one that can. */
function clampCounts(bad: number, n: number): readonly [number, number] {
  const all = Math.max(0, n);
  const x = Math.min(all, Math.max(0, bad));
  return [x, all - x];
}

function logMeanOf(distances: readonly number[], term: (distance: number) => number): number {
  return logMeanExp(distances.map(term));
}

/** ln of the mean of e^term, without leaving the range of doubles; -Infinity for none. */
export function logMeanExp(terms: readonly number[]): number {
  if (terms.length === 0) return Number.NEGATIVE_INFINITY;
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, one) => sum + Math.exp(one - largest), 0) / terms.length);
}

function geometricGrid(first: number, last: number, size: number): readonly number[] {
  const ratio = (last / first) ** (1 / (size - 1));
  return Array.from({ length: size }, (_, index) => first * ratio ** index);
}
