// On which side of a limit a share surely is: what an alert of somebody else's is held against.
import { lowerBound, upperBound } from "../gates/confidence-sequence.ts";

/** Of being wrong on one side, at any look. */
const alpha = 0.05;

/** `bad` of `n` samples against a share of 0..1; without samples nothing is known. */
export function sideOfLimit(bad: number, n: number, limit: number): "below" | "unknown" | "above" {
  if (n <= 0) return "unknown";
  if (upperBound(bad, n, alpha) < limit) return "below";
  return lowerBound(bad, n, alpha) > limit ? "above" : "unknown";
}
