// What one pod may weigh: never more than twice what its fellows count, whatever it claims. Else a billion good requests of
// one pod would hide what all others fail, and a billion failed ones would speak for all.
import type { Counters, SliceCounters } from "@retriever/sidecar/contract/evidence.ts";

/** Where fewer than three have counted so many, nobody can be held against the others. */
export const leastSamples = 12;
export const leastFellows = 3;
/** How much more than its fellows one may count. Balancers and chance make less of a difference. */
const mostShares = 2;

/** As many as may lie: a third. */
export function mostLiars(fellows: number): number {
  return Math.floor(fellows / leastFellows);
}

/**
 * Factors 0..1 that bring claims to what is plausible beside `known`, what was taken from each before: twice the mean of
 * those that count, without the third that claims the most. One that serves everything alone hides nobody; where it began
 * to not long ago, it goes on at twice what they did in a claim's time, `perClaim` of what is known.
 */
export function boundClaims(claims: readonly number[], known: readonly number[] = [], perClaim = 0): number[] {
  const sums = claims.map((claim, index) => claim + (known[index] ?? 0));
  const telling = sums.filter((sum) => sum >= leastSamples).toSorted((a, b) => a - b);
  if (telling.length < leastFellows) return claims.map(() => 1);
  const trusted = telling.slice(0, telling.length - mostLiars(telling.length));
  const most = (mostShares * trusted.reduce((sum, one) => sum + one, 0)) / trusted.length;
  return claims.map((claim, index) => {
    const allowed = Math.max(most * perClaim, most - (known[index] ?? 0));
    return claim > 0 ? Math.min(1, allowed / claim) : 1;
  });
}

/** What is counted apart, since one may be plausible and the other not: requests, samples, those searched exactly, those with content. */
export const measures = ["requests", "samples", "exact", "content"] as const;
export type Weights = Readonly<Record<(typeof measures)[number], number>>;

export const noWeights: Weights = { requests: 0, samples: 0, exact: 0, content: 0 };
const wholeWeights: Weights = { requests: 1, samples: 1, exact: 1, content: 1 };

/** How much counters claim. */
export function weightOf(counters: Counters): Weights {
  const { requests, overloaded, latencyBuckets, shadowLatencyBuckets, recallSamples, contentSamples } = counters;
  const tried = counters.answered + counters.shadowErrors + counters.shadowTimeouts + counters.shadowDropped;
  return {
    requests: Math.max(requests, overloaded, sumOf(latencyBuckets)),
    samples: Math.max(tried, sumOf(shadowLatencyBuckets)),
    exact: recallSamples,
    content: contentSamples,
  };
}

/** The same by measure for several. */
export function boundWeights(claims: readonly Weights[], known: readonly Weights[] = [], perClaim = 0): Weights[] {
  const factors = measures.map((measure) =>
    boundClaims(
      claims.map((claim) => claim[measure]),
      known.map((one) => one[measure]),
      perClaim,
    ),
  );
  const [requests, samples, exact, content] = factors;
  return claims.map((_, index) => ({
    requests: requests?.[index] ?? 1,
    samples: samples?.[index] ?? 1,
    exact: exact?.[index] ?? 1,
    content: content?.[index] ?? 1,
  }));
}

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;
type Part = { readonly field: Plain; readonly of: Plain; readonly most?: number };

/** What can't be more than what it is a part of. */
const partsOf: readonly Part[] = [
  { field: "errors", of: "requests" },
  { field: "empty", of: "requests" },
  { field: "failedChecked", of: "errors" },
  { field: "failedWorse", of: "failedChecked" },
  ...(["scoreWorse", "latencyWorse", "latencyBetter", "emptyWorse", "mismatch", "ties", "overlapSum"] as const).map(
    (field) => ({ field, of: "answered" as const }),
  ),
  // Similarities lie between -1 and 1.
  { field: "scoreWorseSum", of: "answered", most: 2 },
  { field: "scoreBetterSum", of: "answered", most: 2 },
  { field: "contentSamples", of: "answered" },
  ...(["contentMissingSum", "contentDifferentSum"] as const).map((field) => ({
    field,
    of: "contentSamples" as const,
  })),
  ...(["recallLossSum", "recallGainSum", "recallSquaresSum"] as const).map((field) => ({
    field,
    of: "recallSamples" as const,
  })),
];

/** The counters as far as they can be true: a contract that only knows numbers admits more failures than requests. */
export function soundCounters(counters: Counters): Counters {
  const sound = { ...counters };
  for (const { field, of, most = 1 } of partsOf) sound[field] = Math.min(sound[field], most * sound[of]);
  return sound;
}

/** How much a namespace's counters claim. */
export function weightOfSlice(slice: SliceCounters): Weights {
  const { requests, answered, shadowErrors, latencyBuckets, shadowLatencyBuckets } = slice;
  return {
    requests: Math.max(requests, sumOf(latencyBuckets)),
    samples: Math.max(answered + shadowErrors, sumOf(shadowLatencyBuckets)),
    exact: slice.recallSamples,
    content: slice.contentSamples,
  };
}

/** Namespaces' counters as far as they can be parts of a pod's. */
export function soundSlice(slice: SliceCounters): SliceCounters {
  const errors = Math.min(slice.errors, slice.requests);
  const failedChecked = Math.min(slice.failedChecked, errors);
  const contentSamples = Math.min(slice.contentSamples, slice.answered);
  return {
    ...slice,
    errors,
    failedChecked,
    failedWorse: Math.min(slice.failedWorse, failedChecked),
    empty: Math.min(slice.empty, slice.requests),
    scoreWorse: Math.min(slice.scoreWorse, slice.answered),
    mismatch: Math.min(slice.mismatch, slice.answered),
    emptyWorse: Math.min(slice.emptyWorse, slice.answered),
    latencyWorse: Math.min(slice.latencyWorse, slice.answered),
    latencyBetter: Math.min(slice.latencyBetter, Math.max(0, slice.answered - slice.latencyWorse)),
    recallLossSum: Math.min(slice.recallLossSum, slice.recallSamples),
    recallGainSum: Math.min(slice.recallGainSum, slice.recallSamples),
    recallSquaresSum: Math.min(slice.recallSquaresSum, slice.recallSamples),
    contentSamples,
    contentMissingSum: Math.min(slice.contentMissingSum, contentSamples),
    contentDifferentSum: Math.min(slice.contentDifferentSum, contentSamples),
  };
}

const ofRequests: readonly Plain[] = [
  "requests",
  "errors",
  "empty",
  "latencySumMs",
  "overloaded",
  "failedChecked",
  "failedWorse",
];
const ofExact: readonly Plain[] = ["recallSamples", "recallLossSum", "recallGainSum", "recallSquaresSum"];
const ofContent: readonly Plain[] = ["contentSamples", "contentMissingSum", "contentDifferentSum"];

/** Counters with less weight; the same object with all of it. */
export function scaleCounters(counters: Counters, factors: Weights): Counters {
  if (measures.every((measure) => factors[measure] >= 1)) return counters;
  const scaled = { ...counters };
  for (const field of Object.keys(counters) as (keyof Counters)[]) {
    if (field === "latencyBuckets") scaled[field] = counters[field].map((count) => count * factors.requests);
    else if (field === "shadowLatencyBuckets") scaled[field] = counters[field].map((count) => count * factors.samples);
    else scaled[field] *= factors[measureOf(field)];
  }
  return scaled;
}

export function scaleSlice(slice: SliceCounters, factors: Weights): SliceCounters {
  if (measures.every((measure) => factors[measure] >= 1)) return slice;
  const scaled = { ...slice };
  for (const field of Object.keys(slice) as (keyof SliceCounters)[]) {
    if (field === "latencyBuckets") scaled[field] = slice[field].map((count) => count * factors.requests);
    else if (field === "shadowLatencyBuckets") scaled[field] = slice[field].map((count) => count * factors.samples);
    else scaled[field] *= factors[measureOf(field)];
  }
  return scaled;
}

function measureOf(field: Plain): keyof Weights {
  if (ofRequests.includes(field)) return "requests";
  if (ofContent.includes(field)) return "content";
  return ofExact.includes(field) ? "exact" : "samples";
}

/** What brings parts to their whole, where they claim more. */
export function fitParts(parts: Weights, whole: Weights): Weights {
  const fit = (measure: keyof Weights): number =>
    parts[measure] > whole[measure] ? whole[measure] / parts[measure] : wholeWeights[measure];
  return { requests: fit("requests"), samples: fit("samples"), exact: fit("exact"), content: fit("content") };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
