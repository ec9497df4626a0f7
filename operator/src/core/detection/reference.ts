// Whether what a line found is the destination's doing: held against what the source did at the same time. Both stores
// slow in a load peak, both failing one client's query, or both empty, is no reason to go back to the source.
import { lowerBound, upperBound } from "../gates/confidence-sequence.ts";
import type { Count } from "./detector.ts";

/** worse: surely the destination's doing. unproved: the source may be as bad. unseen: nobody asked the source. */
type ContrastVerdict = "worse" | "unproved" | "unseen";

/**
 * What of one bin speaks against the destination, and what against the source: as many on either side where both suffer the
 * same, and weighed by how many of both were asked, so that one sample beside a hundred requests speaks like one.
 */
type Sides = (count: Count & { readonly reference?: Count }) => readonly [own: number, source: number];

const nobodyAsked: Count = { bad: 0, n: 0 };

const sidesOfShares: Sides = ({ bad, n, reference = nobodyAsked }) => {
  const all = Math.max(1, n + reference.n);
  return [(bad * reference.n) / all, (reference.bad * n) / all];
};

/**
 * `reference.bad`: what only the destination left empty. Alike are both where that is no more than the increase: what both
 * leave empty may be as usual. The sum is what samples left empty if they were like all requests.
 */
function sidesOfEmpties(increase: number): Sides {
  return ({ bad, n, reference = nobodyAsked }) => {
    const half = (bad * reference.n) / Math.max(1, n) / 2;
    const more = (reference.bad - increase * reference.n) / 2;
    return [half + more, half - more];
  };
}

/** Judges what was counted since the line's clock began: the line's own counts, and the source's. */
export type Contrast = ((own: Count, source: Count) => ContrastVerdict) & {
  /** What one bin says of whose doing it is; left out: judged against a baseline alone. */
  readonly sides?: Sides;
};

/** Chance to take the source's own trouble for the destination's, each time that the question is asked. */
const contrastAlpha = 0.001;
/** Fewer answers of the source than this are no comparison. */
const leastReference = 12;

/** Judged against a baseline alone. */
export const noContrast: Contrast = () => "worse";

/** `source.bad`: samples that the source answered slower by as much. Without a difference both are as frequent. */
export const contrastSlowness: Contrast = Object.assign(
  ({ bad }: Count, source: Count): ContrastVerdict => {
    const pairs = bad + source.bad;
    return pairs > 0 && lowerBound(bad, pairs, contrastAlpha) > 0.5 ? "worse" : "unproved";
  },
  { sides: sidesOfShares },
);

/** `source`: samples, and as bad those that only the destination left empty. */
export function contrastEmpties(increase: number): Contrast {
  const judge = (_own: Count, { bad, n }: Count): ContrastVerdict => {
    if (n < leastReference) return "unseen";
    return lowerBound(bad, n, contrastAlpha) > increase ? "worse" : "unproved";
  };
  return Object.assign(judge, { sides: sidesOfEmpties(increase) });
}

/** `source`: its own samples, by the same standard. */
export function contrastShares(increase: number): Contrast {
  const judge = ({ bad, n }: Count, source: Count): ContrastVerdict => {
    if (source.n < leastReference) return "unseen";
    const own = lowerBound(bad, n, contrastAlpha);
    return own > upperBound(source.bad, source.n, contrastAlpha) + increase ? "worse" : "unproved";
  };
  return Object.assign(judge, { sides: sidesOfShares });
}
