// The interval of a share.

/** Of the standard normal distribution, two-sided 95 %. */
const z = 1.959963984540054;

/**
 * Wilson's 95 % interval of a mean of `n` values within 0..1. For values that are themselves shares it is conservative:
 * no distribution on 0..1 varies more than the coin's of the same mean. Null for none.
 */
export function wilsonInterval(mean: number, n: number): [number, number] | null {
  if (n === 0) return null;
  const shrink = 1 + (z * z) / n;
  const middle = (mean + (z * z) / (2 * n)) / shrink;
  const half = (z / shrink) * Math.sqrt((mean * (1 - mean)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
