// An interval that holds at every look at once: the limits that the evidence doesn't refute (e-value, inverted).
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";

/** Halvings of 0..1; the bound is exact to 1e-9. */
const halvings = 30;

/** The rate is above this, 0..1; wrong at any look ever with a chance of at most `alpha`. */
export function lowerBound(bad: number, n: number, alpha: number): number {
  const needed = -Math.log(alpha);
  // Evidence of being above a limit falls with the limit, so that the refuted limits end at one place.
  return bisect((limit) => logEvidenceAbove(bad, n, limit) >= needed).below;
}

/** The rate is below this, 0..1; wrong at any look ever with a chance of at most `alpha`. */
export function upperBound(bad: number, n: number, alpha: number): number {
  const needed = -Math.log(alpha);
  return bisect((limit) => !(logEvidenceBelow(bad, n, limit) >= needed)).above;
}

/** Both bounds, `alpha` shared equally. Null without a sample. */
export function confidenceSequence(bad: number, n: number, alpha: number): [number, number] | null {
  if (n <= 0) return null;
  return [lowerBound(bad, n, alpha / 2), upperBound(bad, n, alpha / 2)];
}

/** Where a property that holds from 0 up to some place ends: on either side of that place. */
function bisect(holds: (limit: number) => boolean): { below: number; above: number } {
  let below = 0;
  let above = 1;
  for (let step = 0; step < halvings; step += 1) {
    const middle = (below + above) / 2;
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return { below, above };
}
