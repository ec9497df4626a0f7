// What traffic is drawn from: how stores answer, and how their answers compare. Pure.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { DestinationBehaviour, SourceBehaviour } from "#scenario/scenario.ts";
import { bucketShares, meanMs, shareSlowerBy } from "./latency.ts";

/** What a serving store does to requests; shares 0..1. */
export type Service = {
  readonly errors: number;
  readonly empty: number;
  readonly meanMs: number;
  /** Shares of the contract's latency buckets. */
  readonly buckets: readonly number[];
};

/** What one second of traffic comes from, the same until a store or the traffic changes. */
export type Regime = Readonly<Record<StoreName, Service>> & {
  /** Of all pods together. */
  readonly requestsPerSecond: number;
  readonly scoreWorse: number;
  readonly latencyWorse: number;
  readonly mismatch: number;
};

type Behaviours = {
  readonly requestsPerSecond: number;
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
};

/** The shares behind the behaviour of two stores, for a latency threshold in ms. */
export function regimeOf({ requestsPerSecond, source, destination }: Behaviours, latencyLimitMs: number): Regime {
  const { scoreWorse, mismatch, latencyMs } = destination;
  return {
    requestsPerSecond,
    source: serviceOf(source),
    destination: serviceOf(destination),
    scoreWorse,
    latencyWorse: destination.latencyWorse ?? shareSlowerBy(latencyLimitMs, latencyMs, source.latencyMs),
    mismatch,
  };
}

/** Nothing that is asked of it is answered. */
export function isFailing({ down, refusesCredential, missing }: SourceBehaviour): boolean {
  return down || refusesCredential || missing;
}

function serviceOf(store: SourceBehaviour): Service {
  return {
    errors: isFailing(store) ? 1 : store.errors,
    empty: store.empty,
    meanMs: meanMs(store.latencyMs),
    buckets: bucketShares(store.latencyMs),
  };
}
