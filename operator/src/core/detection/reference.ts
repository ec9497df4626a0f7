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

/**
 * Judges what was counted since the line's clock began: the line's own counts, and the source's. `isChosen`: the clock began
 * within trouble that both share, at one of many moments from which the destination seemed to be the worse one.
 */
export type Contrast = ((own: Count, source: Count, isChosen?: boolean) => ContrastVerdict) & {
  /** What one bin says of whose doing it is; left out: judged against a baseline alone. */
  readonly sides?: Sides;
};

/** Chance to take the source's own trouble for the destination's, each time that the question is asked. */
const contrastAlpha = 0.001;
/**
 * The same where the moment was chosen. Whatever lasts there without a part that both share is some four standard deviations
 * off by that alone: with 0.001, 3 of 400 days whose latency follows the hour in both stores were rolled back at 2 requests/s.
 */
const chosenAlpha = 1e-7;
/** Fewer answers of the source than this are no comparison. */
const leastReference = 12;

/** Judged against a baseline alone. */
export const noContrast: Contrast = () => "worse";

function alphaOf(isChosen: boolean): number {
  return isChosen ? chosenAlpha : contrastAlpha;
}

/** `source.bad`: samples that the source answered slower by as much. Without a difference both are as frequent. */
export const contrastSlowness: Contrast = Object.assign(
  ({ bad }: Count, source: Count, isChosen = false): ContrastVerdict => {
    const pairs = bad + source.bad;
    return pairs > 0 && lowerBound(bad, pairs, alphaOf(isChosen)) > 0.5 ? "worse" : "unproved";
  },
  { sides: sidesOfShares },
);

/** `source`: samples, and as bad those that only the destination left empty. */
export function contrastEmpties(increase: number): Contrast {
  const judge = (_own: Count, { bad, n }: Count, isChosen = false): ContrastVerdict => {
    if (n < leastReference) return "unseen";
    return lowerBound(bad, n, alphaOf(isChosen)) > increase ? "worse" : "unproved";
  };
  return Object.assign(judge, { sides: sidesOfEmpties(increase) });
}

/** `source`: its own samples, by the same standard. */
export function contrastShares(increase: number): Contrast {
  const judge = ({ bad, n }: Count, source: Count, isChosen = false): ContrastVerdict => {
    if (source.n < leastReference) return "unseen";
    const alpha = alphaOf(isChosen);
    const own = lowerBound(bad, n, alpha);
    return own > upperBound(source.bad, source.n, alpha) + increase ? "worse" : "unproved";
  };
  return Object.assign(judge, { sides: sidesOfShares });
}
