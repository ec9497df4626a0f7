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
  /** The mirror of `latencyWorse`. */
  readonly latencyBetter: number;
  /** How the shadow answers, and whether it leaves requests empty that the primary answers. */
  readonly shadowLatencyMs: number;
  readonly shadowEmpty: number;
  /** Share of requests that fail at both stores. */
  readonly errorsOnSame: number;
  /** Constant loss of similarity at the destination. */
  readonly scoreOffset: number;
  /** Share of the true chunks that a store finds. */
  readonly recall: Regime["recall"];
  readonly namespaces?: Regime["namespaces"];
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
  latencyBetter: 0,
  shadowLatencyMs: 20,
  shadowEmpty: 0,
  errorsOnSame: 0,
  scoreOffset: 0,
  recall: { source: 1, destination: 1 },
};

/** What a pod counts under such traffic while it serves from a primary: the other store is its shadow. */
export function regimeOf(traffic: Traffic, primary: "source" | "destination", pods: number): Regime {
  const { rps, errorShare, emptyShare, latencyMs, shadowErrors, shadowEmpty, shadowLatencyMs, ...compared } = traffic;
  const serving = { errors: errorShare, empty: emptyShare, meanMs: latencyMs, buckets: allAt(latencyMs, 1) };
  const shadow = {
    errors: shadowErrors,
    empty: shadowEmpty,
    meanMs: shadowLatencyMs,
    buckets: allAt(shadowLatencyMs, 1),
  };
  return {
    ...compared,
    requestsPerSecond: rps * pods,
    source: primary === "source" ? serving : shadow,
    destination: primary === "destination" ? serving : shadow,
  };
}
