// What traffic is drawn from: how stores answer, and how their answers compare. Pure.

import { maxCountedSlices } from "@retriever/sidecar/contract/evidence.ts";
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

type AnswersWorse = {
  readonly scoreWorse?: number | undefined;
  readonly mismatch?: number | undefined;
  /** Of the destination. */
  readonly errors?: number | undefined;
  readonly empty?: number | undefined;
};

/** What may be worse at one namespace than at the others. */
type NamespaceWrongness = AnswersWorse & { readonly slow?: Slowness };
type NamespaceBehaviour = AnswersWorse & { readonly latencyMs?: number | undefined };

/** How long the destination takes, by itself and beside the source. */
type Slowness = Pick<Service, "meanMs" | "buckets"> & Pick<Regime, "latencyWorse" | "latencyBetter">;

type Namespaces<Wrong> = {
  /** By traffic, the busiest first; together at most 1. */
  readonly shares: readonly { readonly name: string; readonly share: number }[];
  readonly wrong: Readonly<Record<string, Wrong>>;
};

/** Who asks. */
export type NamespaceShares = Namespaces<NamespaceWrongness>;

/** What one request meets. */
export type Wrongness = Readonly<Record<StoreName, Service>> & {
  readonly scoreWorse: number;
  readonly mismatch: number;
  /** Share of requests that fail at whichever store they ask. */
  readonly errorsOnSame: number;
};

/** What one second of traffic comes from, the same until a store or the traffic changes. */
export type Regime = Wrongness & {
  /** Of all pods together. */
  readonly requestsPerSecond: number;
  readonly latencyWorse: number;
  readonly latencyBetter: number;
  /** Constant loss of similarity at the destination. */
  readonly scoreOffset: number;
  readonly recall: Readonly<Record<StoreName, number>>;
  readonly namespaces?: NamespaceShares | undefined;
};

/** Those that a sidecar counts by themselves. */
export function busiest({ shares }: Pick<NamespaceShares, "shares">): NamespaceShares["shares"] {
  return shares.slice(0, maxCountedSlices);
}

type Behaviours = {
  readonly requestsPerSecond: number;
  readonly errorsOnSame: number;
  /** Both stores take so many times as long. */
  readonly latencyFactor: number;
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
  readonly namespaces: Namespaces<NamespaceBehaviour> | undefined;
};

/** The shares behind the behaviour of two stores, for a latency threshold in ms. */
export function regimeOf(behaviours: Behaviours, latencyLimitMs: number): Regime {
  const { requestsPerSecond, errorsOnSame, latencyFactor, source, destination, namespaces } = behaviours;
  const { scoreWorse, mismatch, scoreOffset } = destination;
  const [sourceMs, destinationMs] = [source.latencyMs * latencyFactor, destination.latencyMs * latencyFactor];
  return {
    requestsPerSecond,
    source: serviceOf(source, sourceMs),
    destination: serviceOf(destination, destinationMs),
    scoreWorse,
    scoreOffset,
    latencyWorse: destination.latencyWorse ?? shareSlowerBy(latencyLimitMs, destinationMs, sourceMs),
    latencyBetter: shareSlowerBy(latencyLimitMs, sourceMs, destinationMs),
    mismatch,
    errorsOnSame,
    recall: { source: source.recall, destination: destination.recall },
    namespaces: namespaces && {
      ...namespaces,
      wrong: Object.fromEntries(
        Object.entries(namespaces.wrong).map(([name, { latencyMs, ...wrong }]) => {
          if (latencyMs === undefined) return [name, wrong];
          return [name, { ...wrong, slow: slownessOf(latencyMs * latencyFactor, sourceMs, latencyLimitMs) }];
        }),
      ),
    },
  };
}

function slownessOf(ownMs: number, sourceMs: number, limitMs: number): Slowness {
  return {
    meanMs: meanMs(ownMs),
    buckets: bucketShares(ownMs),
    latencyWorse: shareSlowerBy(limitMs, ownMs, sourceMs),
    latencyBetter: shareSlowerBy(limitMs, sourceMs, ownMs),
  };
}

/** Nothing that is asked of it is answered. */
export function isFailing({ down, refusesCredential, missing }: SourceBehaviour): boolean {
  return down || refusesCredential || missing;
}

function serviceOf(store: SourceBehaviour, latencyMs: number): Service {
  return {
    errors: isFailing(store) ? 1 : store.errors,
    empty: store.empty,
    meanMs: meanMs(latencyMs),
    buckets: bucketShares(latencyMs),
  };
}
