// The exact interval of a share of independent runs. Pure.

/** Halvings of 0..1; the bound is exact to 1e-12. */
const halvings = 40;

/** From so many of either kind on the exact bounds take long to reckon, and Wilson's differ from them by less than is shown. */
const manyOfEither = 5000;
/** Of the normal distribution, both tails together 5 %. */
const normalQuantile = 1.959964;

/**
 * Clopper and Pearson's 95 % interval of `count` of `n`: covers the true share at least 95 times in 100, at any n. Wilson's
 * (1927) where there are thousands of either kind.
 */
export function shareInterval(count: number, n: number): readonly [low: number, high: number] {
  const rest = n - count;
  if (Math.min(count, rest) >= manyOfEither) return wilsonInterval(count, n);
  if (count > rest) {
    const [low, high] = shareInterval(rest, n);
    return [1 - high, 1 - low];
  }
  const tail = 0.025;
  const low = count === 0 ? 0 : bisect((share) => 1 - atMost(count - 1, n, share) < tail);
  const high = count === n ? 1 : bisect((share) => atMost(count, n, share) >= tail);
  return [low, high];
}

function wilsonInterval(count: number, n: number): readonly [low: number, high: number] {
  const share = count / n;
  const square = normalQuantile ** 2 / n;
  const middle = share + square / 2;
  const half = normalQuantile * Math.sqrt((share * (1 - share)) / n + square / (4 * n));
  return [(middle - half) / (1 + square), (middle + half) / (1 + square)];
}

/** Where a property that holds from 0 up to some share ends. */
function bisect(holds: (share: number) => boolean): number {
  let below = 0;
  let above = 1;
  for (let step = 0; step < halvings; step += 1) {
    const middle = (below + above) / 2;
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return (below + above) / 2;
}

/** Chance of at most `count` of `n` at a share above 0 and below 1; in logarithms, since 1,000 runs underflow. */
function atMost(count: number, n: number, share: number): number {
  let term = n * Math.log1p(-share);
  let chance = Math.exp(term);
  for (let k = 1; k <= count; k += 1) {
    term += Math.log((n - k + 1) / k) + Math.log(share) - Math.log1p(-share);
    chance += Math.exp(term);
  }
  return Math.min(1, chance);
}
