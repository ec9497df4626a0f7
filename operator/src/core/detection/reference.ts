// Whether what a line found is the destination's doing: held against what the source did at the same time. Both stores
// slow in a load peak, both failing one client's query, or both empty, is no reason to go back to the source.
import { lowerBound, upperBound } from "../gates/confidence-sequence.ts";
import type { Count } from "./detector.ts";

/** worse: surely the destination's doing. unproved: the source may be as bad. unseen: nobody asked the source. */
type ContrastVerdict = "worse" | "unproved" | "unseen";

/** Judges what was counted since the line's clock began: the line's own counts, and the source's. */
export type Contrast = (own: Count, source: Count) => ContrastVerdict;

/** Chance to take the source's own trouble for the destination's, each time that the question is asked. */
const contrastAlpha = 0.001;
/** Fewer answers of the source than this are no comparison. */
const leastReference = 12;

/** Judged against a baseline alone. */
export const noContrast: Contrast = () => "worse";

/** `source.bad`: samples that the source answered slower by as much. Without a difference both are as frequent. */
export const contrastSlowness: Contrast = ({ bad }, source) => {
  const pairs = bad + source.bad;
  return pairs > 0 && lowerBound(bad, pairs, contrastAlpha) > 0.5 ? "worse" : "unproved";
};

/** `source`: samples, and as bad those that only the destination left empty. */
export function contrastEmpties(increase: number): Contrast {
  return (_own, { bad, n }) => {
    if (n < leastReference) return "unseen";
    return lowerBound(bad, n, contrastAlpha) > increase ? "worse" : "unproved";
  };
}

/** `source`: its own samples, by the same standard. */
export function contrastShares(increase: number): Contrast {
  return ({ bad, n }, source) => {
    if (source.n < leastReference) return "unseen";
    const own = lowerBound(bad, n, contrastAlpha);
    return own > upperBound(source.bad, source.n, contrastAlpha) + increase ? "worse" : "unproved";
  };
}
