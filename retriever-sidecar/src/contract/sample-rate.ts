// The share of requests that a sidecar samples under an overlay: the sidecar's rule, and whoever simulates or forecasts one.
import type { Overlay } from "./overlay.ts";

export type SamplingPlan = Pick<Overlay, "sampleRate"> & {
  /** Left out: `sampleRate`, whatever the traffic. */
  readonly sampling?: Overlay["sampling"];
};

/** The share that asks the shadow `maxQueriesPerSecond` times a second, within the plan's bounds. */
export function effectiveRate({ sampleRate, sampling }: SamplingPlan, requestsPerSecond: number): number {
  if (sampling === undefined) return sampleRate;
  const share = sampling.maxQueriesPerSecond / requestsPerSecond;
  return Math.max(sampleRate, Math.min(share, sampling.maxRate));
}
