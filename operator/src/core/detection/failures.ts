// Requests that the new primary failed, and what the source does of what it was asked at the same time.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { Count } from "./detector.ts";

type Failures = Pick<Counters, "requests" | "errors" | "failedChecked" | "failedWorse">;

type Failed = Count & { readonly reference: Count };

/** Of a group's bin the fleet's, of which it is a part: its requests, and how many of them were sampled. */
type Whole = { readonly counters: Failures; readonly sampled: number };

/**
 * Failed requests less those that the source failed as well, as far as it was asked; beside them what the source failed
 * of everything it was asked, samples and failed requests.
 */
export function failuresOf(counters: Failures, samples: Count, whole?: Whole): Failed {
  const { requests, errors, failedChecked, failedWorse } = counters;
  const alone = failedChecked > 0 ? errors * Math.min(1, failedWorse / failedChecked) : errors;
  const weight = whole === undefined ? checkedWeight(counters, samples.n) : partWeight(counters, samples.n, whole);
  const reference = {
    bad: samples.bad + weight * Math.max(0, failedChecked - failedWorse),
    n: samples.n + weight * failedChecked,
  };
  return { bad: alone, n: requests, reference };
}

/**
 * Where a sidecar's cap leaves room it asks the source about more of the failed requests than of the others. What the source
 * fails of them would then stand for more requests than they are, and hide what the destination fails alone. So they count
 * as many as the samples of the bin let expect, and what chance may add to that.
 */
function checkedWeight({ requests, errors, failedChecked }: Failures, samples: number): number {
  const answers = requests - errors;
  if (samples <= 0 || answers <= 0 || failedChecked <= 0) return 1;
  const expected = errors * Math.min(1, samples / answers);
  return Math.min(1, (expected + Math.sqrt(expected) + 1) / failedChecked);
}

/**
 * The same of a group. What chance may add to a dozen groups in each bin would be more than all that is expected of them, so
 * nothing is added: over its bins each comes to what its samples let expect. One that answered nothing is taken for as often
 * sampled as the fleet.
 */
function partWeight({ requests, errors, failedChecked }: Failures, samples: number, whole: Whole): number {
  const ofAll = whole.counters.requests - whole.counters.errors;
  if (whole.sampled <= 0 || ofAll <= 0 || failedChecked <= 0) return 1;
  const answers = requests - errors;
  const share = answers > 0 ? samples / answers : whole.sampled / ofAll;
  return Math.min(1, (errors * Math.min(1, share)) / failedChecked);
}
