// Traffic without chance: what every pod meets each second, in shares, and fractions of requests where they don't come out.
import type { Regime } from "@retriever/kubectl/toy/regime.ts";
import { allAt } from "#test/builders/counters.ts";

/** Per second and pod; shares 0..1. The second group is of samples, the first of all requests. */
export type Traffic = {
  readonly rps: number;
  readonly errorShare: number;
  readonly emptyShare: number;
  readonly latencyMs: number;
  readonly scoreWorse: number;
  readonly latencyWorse: number;
  readonly mismatch: number;
  readonly shadowErrors: number;
};

export const goodTraffic: Traffic = {
  rps: 20,
  errorShare: 0,
  emptyShare: 0,
  latencyMs: 20,
  scoreWorse: 0,
  latencyWorse: 0,
  mismatch: 0.02,
  shadowErrors: 0,
};

/** What a pod counts under such traffic while it serves from a primary: the other store is its shadow. */
export function regimeOf(traffic: Traffic, primary: "source" | "destination", pods: number): Regime {
  const { rps, errorShare, emptyShare, latencyMs, shadowErrors, scoreWorse, latencyWorse, mismatch } = traffic;
  const answers = { empty: emptyShare, meanMs: latencyMs, buckets: allAt(latencyMs, 1) };
  const serving = { ...answers, errors: errorShare };
  const shadow = { ...answers, errors: shadowErrors };
  return {
    requestsPerSecond: rps * pods,
    source: primary === "source" ? serving : shadow,
    destination: primary === "destination" ? serving : shadow,
    scoreWorse,
    latencyWorse,
    mismatch,
  };
}
