// Requests that the new primary failed, and what the source does of what it was asked at the same time.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { Count } from "./detector.ts";

type Failures = Pick<Counters, "requests" | "errors" | "failedChecked" | "failedWorse">;

type Failed = Count & { readonly reference: Count };

/**
 * Failed requests less those that the source failed as well, as far as it was asked; beside them what the source failed
 * of everything it was asked, samples and failed requests.
 */
export function failuresOf(counters: Failures, samples: Count): Failed {
  const { requests, errors, failedChecked, failedWorse } = counters;
  const alone = failedChecked > 0 ? errors * Math.min(1, failedWorse / failedChecked) : errors;
  const weight = checkedWeight(counters, samples.n);
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
