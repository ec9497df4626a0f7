// How far bad samples come in bursts: the spread of counts over windows against the spread of independent samples.

/** What windows leave behind; sums only, so that nothing is lost when the operator restarts. */
export type WindowSums = {
  /** Closed windows with at least one sample. */
  readonly windows: number;
  readonly bad: number;
  readonly n: number;
  /** Sum over windows of bad² / n. */
  readonly squares: number;
};

export const noWindows: WindowSums = { windows: 0, bad: 0, n: 0, squares: 0 };

/** Fewer windows say nothing about bursts. */
export const leastWindows = 6;

/** One more closed window. A window without a sample isn't one. */
export function addWindow(sums: WindowSums, bad: number, n: number): WindowSums {
  if (n <= 0) return sums;
  return {
    windows: sums.windows + 1,
    bad: sums.bad + bad,
    n: sums.n + n,
    squares: sums.squares + (bad * bad) / n,
  };
}

/**
 * Pearson's chi-square of the windows over its degrees of freedom, at least 1: samples are worth 1 / phi of
 * independent ones. For a mean of values in 0..1 the variance is measured against that of shares, the largest possible.
 * Null with fewer than `leastWindows`.
 */
export function dispersionOf({ windows, bad, n, squares }: WindowSums): number | null {
  if (windows < leastWindows || n <= 0) return null;
  const share = bad / n;
  const variance = share * (1 - share);
  if (variance <= 0) return 1;
  // Sum of (bad_i - n_i share)² / (n_i variance), multiplied out.
  const chiSquare = (squares - bad * share) / variance;
  return Math.max(1, chiSquare / (windows - 1));
}
