// Medians of ratios and their intervals without any assumption about the noise. Pure.

/** 25 of them lie beyond each end of a 95 % interval. */
const resamples = 1000;

export type Estimate = {
  /** Or the figure itself, where it is no median. */
  readonly median: number;
  /** 95 % interval of it. */
  readonly interval: readonly [low: number, high: number];
  readonly n: number;
};

/** Middle value, or the mean of both middle ones. Throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("median of nothing");
  return (lower + upper) / 2;
}

/**
 * Median with the interval of the sign test: the k-th smallest and k-th largest value, for the largest k whose
 * interval misses the true median in at most 5 % of cases, whatever the distribution.
 * Below 6 values no such k exists; the interval is then the whole range and covers less.
 */
export function estimateMedian(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const k = signTestRank(sorted.length);
  const low = sorted[k - 1] ?? Number.NaN;
  const high = sorted[sorted.length - k] ?? Number.NaN;
  return { median: median(values), interval: [low, high], n: values.length };
}

/** Largest k ≥ 1 with 2·P(Binomial(n, 1/2) < k) ≤ 0.05, else 1. */
export function signTestRank(n: number): number {
  let probability = 0.5 ** n;
  let below = probability;
  let k = 1;
  // `below` is P(B < k); the next term is that of B = k.
  for (let next = 1; next < n / 2; next += 1) {
    probability *= (n - next + 1) / next;
    below += probability;
    if (2 * below > 0.05) break;
    k = next + 1;
  }
  return k;
}

/** Ratios round by round: what disturbed a round disturbed both sides. Throws RangeError for unequal lengths. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): number[] {
  if (numerators.length !== denominators.length) {
    throw new RangeError(`${numerators.length} numerators, ${denominators.length} denominators`);
  }
  return numerators.map((value, round) => value / (denominators[round] ?? Number.NaN));
}

/** Nearest-rank quantile, `q` in 0..1; NaN for an empty list. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * Ratio of the quantiles of all values of all rounds, for a tail that one round has too few values to tell. The interval
 * is the percentile bootstrap's over whole rounds, since what disturbs a round disturbs both sides and many values of it
 * (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13). `random` gives 0..1.
 * Throws RangeError for unequal lengths.
 */
export function ratioOfQuantiles(
  numerators: readonly (readonly number[])[],
  denominators: readonly (readonly number[])[],
  q: number,
  random: () => number,
): Estimate {
  const n = numerators.length;
  if (n !== denominators.length) throw new RangeError(`${n} numerators, ${denominators.length} denominators`);
  const ratioOf = (rounds: readonly number[]) => {
    const [upper, lower] = [numerators, denominators].map((all) =>
      quantile(Float64Array.from(rounds.flatMap((round) => all[round] ?? [])).toSorted(), q),
    );
    return (upper ?? Number.NaN) / (lower ?? Number.NaN);
  };
  const drawn = Array.from({ length: resamples }, () =>
    ratioOf(Array.from({ length: n }, () => Math.floor(random() * n))),
  ).toSorted((a, b) => a - b);
  const every = ratioOf(Array.from({ length: n }, (_, round) => round));
  return { median: every, interval: [quantile(drawn, 0.025), quantile(drawn, 0.975)], n };
}
