// The exact interval of a share of independent runs. Pure.

/** Halvings of 0..1; the bound is exact to 1e-12. */
const halvings = 40;

/** Clopper and Pearson's 95 % interval of `count` of `n`: covers the true share at least 95 times in 100, at any n. */
export function shareInterval(count: number, n: number): readonly [low: number, high: number] {
  const tail = 0.025;
  const low = count === 0 ? 0 : bisect((share) => 1 - atMost(count - 1, n, share) < tail);
  const high = count === n ? 1 : bisect((share) => atMost(count, n, share) >= tail);
  return [low, high];
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
