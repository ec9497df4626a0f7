// Evidence on the mean of differences in -1..1 from their sums alone: bets whose wealth is bounded from below by
// ln(1 + y) >= y - y² for |y| <= 1/2. Where differences are small it needs far fewer samples than counting would.
/** Sums over samples of a difference d in -1..1. */
export type DifferenceSums = {
  readonly n: number;
  /** Of d. */
  readonly sum: number;
  /** Of d². */
  readonly squares: number;
};

/** As many as a detector has alternatives. */
const stakeCount = 8;
/** Stakes; the largest keeps |stake x (d - mean)| within 1/2. */
const stakes: readonly number[] = Array.from({ length: stakeCount }, (_, k) => 0.01 * 49 ** (k / (stakeCount - 1)));

/** ln of the wealth of every stake that the mean is above `limit`, 0..1. */
export function logWealthAbove(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, 1);
}

/** ln of the wealth of every stake that the mean is below `limit`. */
export function logWealthBelow(sums: DifferenceSums, limit: number): readonly number[] {
  return logWealth(sums, limit, -1);
}

function logWealth({ n, sum, squares }: DifferenceSums, limit: number, sign: 1 | -1): readonly number[] {
  const excess = sign * (sum - n * limit);
  const spread = Math.max(0, squares - 2 * limit * sum + n * limit * limit);
  return stakes.map((stake) => stake * excess - stake * stake * spread);
}
