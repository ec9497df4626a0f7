// The verdict on a rate against a limit, sound however often it is asked for: pass, fail or not yet.
import { logEvidenceAbove, logEvidenceBelow, logEvidenceMore } from "./e-value.ts";

export type RateQuestion = {
  /** Bad samples, or a sum of values in 0..1. */
  readonly bad: number;
  readonly n: number;
  /** Samples that are bad with the stores exchanged: failing then takes evidence that bad ones are more than half of both. */
  readonly opposite?: number;
  /** Samples that nobody saw: before passing they are taken for bad ones, before failing for good ones. */
  readonly lost?: number;
  /** The rate (or mean) that may not be exceeded, 0..1. */
  readonly limit: number;
  /** Where failing begins if that is further off: a limit that was measured has an uncertainty of its own. */
  readonly failLimit?: number;
  /** Chance of ever failing a rate within the limit. */
  readonly alpha: number;
  /** Chance of ever passing a rate above the limit. */
  readonly beta: number;
  /** Samples that one independent sample is worth, at least 1; null: not known yet. */
  readonly dispersion: number | null;
  /** `both`: bursts are discounted before passing and before failing. `passing`: failing waits for nothing. */
  readonly deflates: "both" | "passing";
  /** The least time of observation has passed. It binds passing only. */
  readonly dwellPassed: boolean;
};

export type SequentialVerdict = "Pass" | "Fail" | "NotYet";

/** Fails on evidence above the limit, passes on evidence below it. A limit of 0 passes as long as nothing is bad. */
export function judgeRate(question: RateQuestion): SequentialVerdict {
  const { bad, opposite, limit, alpha, beta, dispersion, dwellPassed, deflates, lost = 0 } = question;
  const n = question.n + lost;
  const isFailing = (phi: number): boolean =>
    logEvidenceAbove(bad / phi, n / phi, question.failLimit ?? limit) >= -Math.log(alpha) &&
    (opposite === undefined || logEvidenceMore(bad / phi, (opposite + lost) / phi) >= -Math.log(alpha));
  if (deflates === "passing" && isFailing(1)) return "Fail";
  if (dispersion === null) return "NotYet";
  // What doesn't fail undiscounted doesn't fail discounted either.
  if (isFailing(dispersion)) return "Fail";
  if (!dwellPassed) return "NotYet";
  if (limit <= 0) return question.bad <= 0 && question.n > 0 ? "Pass" : "NotYet";
  return logEvidenceBelow((bad + lost) / dispersion, n / dispersion, limit) >= -Math.log(beta) ? "Pass" : "NotYet";
}

/** No answer is given beyond; such a stage can't end by evidence. */
const mostSamples = 1e9;

/**
 * Samples after which a rate of `share` passes, if it stays what it is; null when it never does. To first order
 * dispersion x ln(1/beta) / KL(share || limit), plus what the mixture costs.
 */
export function samplesToPass(
  share: number,
  question: Pick<RateQuestion, "limit" | "beta" | "dispersion">,
): number | null {
  const { limit, beta } = question;
  const phi = question.dispersion ?? 1;
  if (limit <= 0 || limit >= 1) return share <= limit ? 1 : null;
  return samplesUntil((n) => logEvidenceBelow((share * n) / phi, n / phi, limit) >= -Math.log(beta));
}

/** Samples after which a rate of `share` fails; null when it never does. */
export function samplesToFail(
  share: number,
  question: Pick<RateQuestion, "limit" | "alpha" | "dispersion">,
): number | null {
  const { limit, alpha } = question;
  const phi = question.dispersion ?? 1;
  return samplesUntil((n) => logEvidenceAbove((share * n) / phi, n / phi, limit) >= -Math.log(alpha));
}

/** The least n that is enough: the evidence is convex in n and 1 at 0, so that once enough is enough for good. */
function samplesUntil(isEnough: (n: number) => boolean): number | null {
  let enough = 1;
  while (!isEnough(enough)) {
    enough *= 2;
    if (enough > mostSamples) return null;
  }
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
