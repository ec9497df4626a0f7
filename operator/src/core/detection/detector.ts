// Change detection that may be asked at every bin for days: a Shiryaev-Roberts e-detector (Shin, Ramdas, Rinaldo,
// "E-detectors", 2023). Each batch of samples multiplies every alternative's sum by its likelihood ratio, and each batch
// may be the one at which the harm began. While the share is within the limit the expected sum after N batches is at
// most N, so that it ever reaches N / alpha within them with a chance of at most alpha (Doob).
import { logMeanExp } from "../gates/e-value.ts";

/** Alternatives of a detector: shares (or bets) between "barely over the limit" and "everything". */
export const alternativeCount = 8;
/** A limit below this is taken for this: with a limit of 0 the first bad sample would be proof of anything. */
const leastLimit = 1e-4;
/** First alternative, as a share of what the limit itself is. */
const nearest = 0.25;
/** Last alternative, as a share of the way from the limit to 1. */
const farthest = 0.98;
/** Beyond this the sum says nothing more, and its digits would fill the status. */
const mostLog = 9999;

/** ln of each alternative's sum; empty before the first batch. */
export type Logs = readonly number[];

/** Bad samples and samples of one batch; fractions are allowed. */
export type Count = { readonly bad: number; readonly n: number };

/** The limit that a detector works with: at least 1 in 10,000. */
function effectiveLimit(limit: number): number {
  return Math.min(1, Math.max(leastLimit, limit));
}

/** Shares above a limit, geometric in their distance from it. */
export function alternativesOf(limit: number): readonly number[] {
  const base = effectiveLimit(limit);
  const first = nearest * base * (1 - base);
  const ratio = (farthest * (1 - base)) / first;
  return Array.from({ length: alternativeCount }, (_, k) => base + first * ratio ** (k / (alternativeCount - 1)));
}

/** ln of the likelihood ratio of every alternative to the limit for a batch. Nothing is above a limit of 1. */
export function makeLogRatios(limit: number, alternatives: readonly number[]): (count: Count) => readonly number[] {
  if (limit >= 1) return () => alternatives.map(() => 0);
  const base = effectiveLimit(limit);
  const ofOne = alternatives.map((share) => ({
    bad: Math.log(share / base),
    good: Math.log((1 - share) / (1 - base)),
  }));
  return ({ bad, n }) => {
    const all = Math.max(0, n);
    const x = Math.min(all, Math.max(0, bad));
    return ofOne.map((one) => x * one.bad + (all - x) * one.good);
  };
}

/** The sums after one more batch: (sum + 1) x ratio. */
export function advance(logs: Logs, ratios: readonly number[]): number[] {
  return ratios.map((ratio, k) => bounded(logOnePlus(logs[k]) + ratio));
}

/**
 * The sums after a part of a batch that came late: sum x ratio. A change may begin with each bin once; begun with each of
 * its parts, it would be found by chance as many times as often.
 */
export function advanceLate(logs: Logs, ratios: readonly number[]): number[] {
  return logs.map((log, k) => bounded(log + (ratios[k] ?? 0)));
}

/** ln of the mean of the sums; -Infinity before the first batch. */
export function logEvidence(logs: Logs): number {
  return logMeanExp(logs);
}

/** The alternatives' mean, each by its part in the evidence; the first one before any batch. */
export function likeliest(logs: Logs, alternatives: readonly number[]): number {
  const largest = Math.max(...logs);
  const parts = logs.map((one) => Math.exp(one - largest));
  const all = parts.reduce((sum, part) => sum + part, 0);
  if (all === 0) return alternatives[0] ?? 0;
  return alternatives.reduce((sum, share, k) => sum + share * (parts[k] ?? 0), 0) / all;
}

/** ln(1 + e^log) without leaving the range of doubles. */
function logOnePlus(log: number | undefined): number {
  if (log === undefined) return 0;
  return log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log));
}

/** As it is kept: the same whether it went through the status or not. */
function bounded(log: number): number {
  return Math.round(Math.max(-mostLog, Math.min(mostLog, log)) * 1e4) / 1e4;
}

/**
 * Samples of which it is known which of two was the worse one, if any. `bad`: those in which the one was, less those in which
 * the other was; `squares`: both together.
 */
type Difference = Count & { readonly squares?: number };

/** Parts of the greatest stake that can't lose everything. */
const stakeParts: readonly number[] = Array.from(
  { length: alternativeCount },
  (_, k) => 0.02 * 48 ** (k / (alternativeCount - 1)),
);

/** ln of the wealth of every stake that the share of `bad` less that of its opposite is above `limit`, 0..1. */
export function logDifferenceAbove(count: Difference, limit: number): readonly number[] {
  const { worse, better, alike } = outcomesOf(count);
  return stakeParts.map((part) => {
    const stake = part / (1 + limit);
    return (
      worse * Math.log1p(stake * (1 - limit)) +
      better * Math.log1p(-stake * (1 + limit)) +
      alike * Math.log1p(-stake * limit)
    );
  });
}

/** The same that it is below `share`, 0..1. */
export function logDifferenceBelow(count: Difference, share: number): readonly number[] {
  const { worse, better, alike } = outcomesOf(count);
  return stakeParts.map((part) => {
    // Nothing is lost but where the one store is worse; with a share of 1 not even then.
    const stake = part / Math.max(0.02, 1 - share);
    return (
      worse * Math.log1p(-stake * (1 - share)) +
      better * Math.log1p(stake * (1 + share)) +
      alike * Math.log1p(stake * share)
    );
  });
}

function outcomesOf({ bad, n, squares = 0 }: Difference) {
  const decided = Math.min(n, Math.max(Math.abs(bad), squares));
  const difference = Math.min(decided, Math.max(-decided, bad));
  return { worse: (decided + difference) / 2, better: (decided - difference) / 2, alike: n - decided };
}

/** Then all are forgotten: as many migrations have hardly so many of them. */
const mostRemembered = 1000;

/** The same function, which reckons an answer once. What it answers isn't changed by anybody. */
export function remembering<T>(reckon: (a: number, b: number) => T): (a: number, b: number) => T {
  const known = new Map<number, Map<number, T>>();
  let count = 0;
  return (a, b) => {
    const before = known.get(a)?.get(b);
    if (before !== undefined) return before;
    const answer = reckon(a, b);
    if (count >= mostRemembered) {
      known.clear();
      count = 0;
    }
    const ofFirst = known.get(a) ?? new Map<number, T>();
    known.set(a, ofFirst.set(b, answer));
    count += 1;
    return answer;
  };
}
