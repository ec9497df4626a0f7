// Whether a verdict is the fleet's or that of a few pods: what acts, and what passes, has to be so without the third of the
// pods that shows the most of it and the third that shows the least. What is a few pods' alone is left to a person.
import { leastFellows, leastSamples } from "../pods/fair-share.ts";
import { nameSome } from "../pods/pods.ts";
import { type Share, sumShares, thirdsOf } from "../pods/thirds.ts";
import { logEvidenceAbove, logEvidenceBelow, logEvidenceMore } from "./e-value.ts";
import type { SequentialVerdict } from "./sequential.ts";

/** What one pod says to a gate. */
export type PodShare = Share & { readonly name: string };

type PartsRule = {
  readonly limit: number;
  readonly failLimit?: number;
  /** Samples that one independent sample is worth, at least 1. */
  readonly dispersion?: number | null;
};

export type PartsVerdict = {
  readonly verdict: SequentialVerdict;
  /** Why it isn't the verdict over all pods; left out: it is. */
  readonly because?: string;
  /** It is a few pods' alone: a person has to look at them. */
  readonly isAlone?: true;
};

/** 1 in 20: how often what is left of a healthy fleet may seem to be over the limit as well. */
const failing = Math.log(20);
/** 1 in 5: how often what is left of one over the limit may seem to be within it; all of it together is at 1 in 20. */
const passing = Math.log(5);
/** 1 in 1,000: how often a few healthy pods may seem to be over the limit by themselves. */
const standingOut = Math.log(1000);

/** The verdict over all pods, as far as it doesn't rest on a third of those that answer. */
export function judgeParts(
  all: SequentialVerdict,
  total: Share,
  parts: readonly PodShare[],
  rule: PartsRule,
): PartsVerdict {
  if (parts.length < leastFellows) return { verdict: all };
  switch (all) {
    case "Fail":
      return judgeFail(parts, rule);
    case "Pass":
      return judgePass(total, parts, rule);
    case "NotYet":
      return isOfAFew(total, parts, rule) ? alone(parts, rule) : { verdict: all };
  }
}

/**
 * Surely so without the third that shows the most, with or without the one that shows the least. Where the others have
 * counted next to nothing, as standbys and pods that have just begun do, there is nobody to contradict.
 */
function judgeFail(parts: readonly PodShare[], rule: PartsRule): PartsVerdict {
  const { worst, middle, best } = thirdsOf(parts);
  if (sumShares([...middle, ...best]).n < leastSamples) return { verdict: "Fail" };
  const left = sumShares(middle);
  const limit = rule.failLimit ?? rule.limit;
  if (left.bad <= limit * left.n || left.bad <= (left.opposite ?? -1)) return alone(parts, rule);
  const others = [left, sumShares([...middle, ...best])];
  if (others.some((rest) => evidenceAbove(rest, limit, rule) >= failing)) return { verdict: "Fail" };
  return { verdict: "NotYet", because: `not sure yet without ${namesOf(worst)}` };
}

/**
 * Surely so without the third that shows the least, with or without the one that shows the most. Where fewer than three
 * have counted enough to be left out, or most of the evidence is of pods that are gone, the rest must not look worse than it
 * may: a deploy would else have all of it gathered anew.
 */
function judgePass(total: Share, parts: readonly PodShare[], rule: PartsRule): PartsVerdict {
  const telling = parts.filter(({ n }) => n >= leastSamples);
  const isTelling = telling.length >= leastFellows && sumShares(parts).n >= total.n / 2;
  const { worst, middle, best } = thirdsOf(isTelling ? telling : parts);
  const left = sumShares(middle);
  const isSo = isTelling
    ? isPassing(left, rule) || isPassing(sumShares([...middle, ...worst]), rule)
    : left.bad <= rule.limit * left.n;
  if (isSo) return { verdict: "Pass" };
  return { verdict: "NotYet", because: `not surely so without ${namesOf(best)}` };
}

/** Over the limit by a few pods, which surely are, while the rest is within it. */
function isOfAFew(total: Share, parts: readonly PodShare[], rule: PartsRule): boolean {
  if (total.bad <= rule.limit * total.n) return false;
  const { worst, middle } = thirdsOf(parts);
  return isPassing(sumShares(middle), rule) && evidenceAbove(sumShares(worst), rule.limit, rule) >= standingOut;
}

/** The pods whose good samples alone keep the others' share under a limit; undefined where it surely isn't over. */
export function hiddenIn(parts: readonly PodShare[], limit: number): string | undefined {
  if (parts.length < leastFellows) return undefined;
  const { middle, best } = thirdsOf(parts);
  return evidenceAbove(sumShares(middle), limit, { limit }) >= failing ? namesOf(best) : undefined;
}

function alone(parts: readonly PodShare[], { limit }: PartsRule): PartsVerdict {
  const odd = thirdsOf(parts).worst.filter(({ bad, n }) => bad > limit * n);
  const names = odd.length === 0 ? "the pods that are gone or tell otherwise by now" : namesOf(odd);
  return { verdict: "NotYet", isAlone: true, because: `nothing of it is left without ${names}` };
}

function isPassing({ bad, n }: Share, { limit, dispersion }: PartsRule): boolean {
  if (limit <= 0) return bad <= 0 && n > 0;
  const phi = dispersion ?? 1;
  return logEvidenceBelow(bad / phi, n / phi, limit) >= passing;
}

/** Of being over the limit and, where it is asked, of being more often bad than bad with the stores exchanged. */
function evidenceAbove({ bad, n, opposite }: Share, limit: number, { dispersion }: PartsRule): number {
  const phi = dispersion ?? 1;
  const above = logEvidenceAbove(bad / phi, n / phi, limit);
  return opposite === undefined ? above : Math.min(above, logEvidenceMore(bad / phi, opposite / phi));
}

function namesOf(parts: readonly PodShare[]): string {
  return nameSome(parts.map(({ name }) => name));
}
