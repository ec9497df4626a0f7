// Evidence that a rate lies above or below a limit, valid at every look: a mixture of likelihood ratios.
// Ville's inequality bounds the chance of ever seeing E >= 1/alpha by alpha while the rate is on the other side.

/** Alternatives a side. */
const gridSize = 24;
/** A distance of an alternative from the limit, as a share of the way to 1 or to 0, and ln of what is left of that way. */
type Alternative = { readonly u: number; readonly logLeft: number };
/** Geometric, so denser near the limit. */
const above = alternatives(0.001, 0.98);
const below = alternatives(0.05, 0.98);

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
  return logMeanOf(above, good, x, odds);
}

/** ln E that samples are more often bad than bad the other way: both as frequent is the limit. */
export function logEvidenceMore(bad: number, opposite: number): number {
  return logEvidenceAbove(bad, bad + opposite, 0.5);
}

/** ln E that the rate is below `limit`. Falls with `bad`, rises with `limit`; nothing is below 0. */
export function logEvidenceBelow(bad: number, n: number, limit: number): number {
  const [x, good] = clampCounts(bad, n);
  if (limit <= 0) return 0;
  if (limit >= 1) return good > 0 ? Number.POSITIVE_INFINITY : 0;
  const odds = limit / (1 - limit);
  // p = limit (1 - u): the mirror image.
  return logMeanOf(below, x, good, odds);
}

/** [bad, good], never negative: a count that can't be is worth the nearest one that can. */
function clampCounts(bad: number, n: number): readonly [number, number] {
  const all = Math.max(0, n);
  const x = Math.min(all, Math.max(0, bad));
  return [x, all - x];
}

/** `against`: samples that speak against the alternatives, `fore`: those that speak for them. This is what gates spend their time on. */
function logMeanOf(grid: readonly Alternative[], against: number, fore: number, odds: number): number {
  const terms = new Float64Array(gridSize);
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < gridSize; index += 1) {
    const { u, logLeft } = grid[index] as Alternative;
    const term = fore * Math.log1p(u * odds) + against * logLeft;
    terms[index] = term;
    if (term > largest) largest = term;
  }
  let sum = 0;
  for (let index = 0; index < gridSize; index += 1) sum += Math.exp((terms[index] as number) - largest);
  return largest + Math.log(sum / gridSize);
}

/** ln of the mean of e^term, without leaving the range of doubles; -Infinity for none. */
export function logMeanExp(terms: readonly number[]): number {
  if (terms.length === 0) return Number.NEGATIVE_INFINITY;
  const largest = Math.max(...terms);
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - largest);
  return largest + Math.log(sum / terms.length);
}

function alternatives(first: number, last: number): readonly Alternative[] {
  const ratio = (last / first) ** (1 / (gridSize - 1));
  return Array.from({ length: gridSize }, (_, index) => {
    const u = first * ratio ** index;
    return { u, logLeft: Math.log1p(-u) };
  });
}
