// An interval that holds at every look at once: the limits that the evidence doesn't refute (e-value, inverted).
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";

/** Bounds are multiples of its inverse, so exact to 1e-9. */
const steps = 2 ** 30;

/** The rate is above this, 0..1; wrong at any look ever with a chance of at most `alpha`. */
export function lowerBound(bad: number, n: number, alpha: number): number {
  const needed = -Math.log(alpha);
  // Evidence of being above a limit falls with the limit, so that the refuted limits end at one place.
  return search({ bad, n }, (limit) => logEvidenceAbove(bad, n, limit) - needed).below;
}

/** The rate is below this, 0..1; wrong at any look ever with a chance of at most `alpha`. */
export function upperBound(bad: number, n: number, alpha: number): number {
  const needed = -Math.log(alpha);
  // Evidence of exactly what is needed refutes.
  return search({ bad, n }, (limit) => needed - logEvidenceBelow(bad, n, limit) || -1).above;
}

/** Both bounds, `alpha` shared equally. Null without a sample. */
export function confidenceSequence(bad: number, n: number, alpha: number): [number, number] | null {
  if (n <= 0) return null;
  return [lowerBound(bad, n, alpha / 2), upperBound(bad, n, alpha / 2)];
}

type Seen = { readonly bad: number; readonly n: number };
type End = { readonly at: number; readonly excess: number };

/** More evaluations than a search takes as a rule; halving alone ends it then. */
const mostSecants = 40;

/**
 * The two steps between which `excess` falls below 0: secants, where an end that stays is believed half as much each time
 * (the Illinois rule). A third of the evaluations that halving alone takes, with the same end.
 */
function search({ bad, n }: Seen, excess: (limit: number) => number): { below: number; above: number } {
  let lower: End = { at: 0, excess: Number.NaN };
  let upper: End = { at: steps, excess: Number.NaN };
  let next = n > 0 ? (bad / n) * steps : steps / 2;
  let moved: "lower" | "upper" | undefined;
  for (let tries = 1; upper.at - lower.at > 1; tries += 1) {
    const at = Math.min(upper.at - 1, Math.max(lower.at + 1, Math.round(next)));
    const here = { at, excess: excess(at / steps) };
    if (here.excess >= 0) {
      if (moved === "lower") upper = { ...upper, excess: upper.excess / 2 };
      [lower, moved] = [here, "lower"];
    } else {
      if (moved === "upper") lower = { ...lower, excess: lower.excess / 2 };
      [upper, moved] = [here, "upper"];
    }
    next = tries < mostSecants ? crossing(lower, upper) : (lower.at + upper.at) / 2;
  }
  return { below: lower.at / steps, above: upper.at / steps };
}

function crossing(lower: End, upper: End): number {
  const at = lower.at + ((upper.at - lower.at) * lower.excess) / (lower.excess - upper.excess);
  return Number.isFinite(at) ? at : (lower.at + upper.at) / 2;
}
