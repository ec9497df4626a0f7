// The world of a rehearsal at one moment: traffic and stores as the scenario and its running events have them. Pure.
import type {
  DestinationBehaviour,
  ParityBehaviour,
  Scenario,
  ScenarioEvent,
  SourceBehaviour,
} from "#scenario/scenario.ts";
import { bucketShares, meanMs, shareSlowerBy } from "#toy/latency.ts";

export type World = {
  readonly requestsPerSecond: number;
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
  readonly parity: ParityBehaviour;
};

/** The scenario at an hour of the day (UTC), changed by the running events in the order in which they began. */
export function worldAt(scenario: Scenario, running: readonly ScenarioEvent[], hour: number): World {
  const factor = scenario.traffic.byHour?.[hour] ?? 1;
  let world: World = {
    requestsPerSecond: scenario.traffic.requestsPerSecond * factor,
    source: scenario.source,
    destination: scenario.destination,
    parity: scenario.parity,
  };
  for (const event of running) {
    world = {
      requestsPerSecond: event.traffic?.requestsPerSecond ?? world.requestsPerSecond,
      source: changed(world.source, event.source),
      destination: changed(world.destination, event.destination),
      parity: changed(world.parity, event.parity),
    };
  }
  return world;
}

/** A parsed event holds only the fields that were given: none is undefined. */
function changed<T extends object>(
  store: T,
  change: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T {
  return { ...store, ...change };
}

/** What a serving store does to requests; shares 0..1. */
export type Service = {
  readonly errors: number;
  readonly empty: number;
  readonly meanMs: number;
  readonly buckets: readonly number[];
};

/** What one second of traffic is drawn from, the same until the world changes. */
export type Regime = {
  readonly requestsPerSecond: number;
  readonly source: Service;
  readonly destination: Service;
  readonly scoreWorse: number;
  readonly latencyWorse: number;
  readonly mismatch: number;
};

/** The shares behind a world, for a latency threshold in ms. */
export function regimeOf(world: World, latencyLimitMs: number): Regime {
  const { source, destination } = world;
  return {
    requestsPerSecond: world.requestsPerSecond,
    source: serviceOf(source),
    destination: serviceOf(destination),
    scoreWorse: destination.scoreWorse,
    latencyWorse: destination.latencyWorse ?? shareSlowerBy(latencyLimitMs, destination.latencyMs, source.latencyMs),
    mismatch: destination.mismatch,
  };
}

function serviceOf(store: SourceBehaviour): Service {
  const fails = store.down || store.refusesCredential || store.missing;
  return {
    errors: fails ? 1 : store.errors,
    empty: store.empty,
    meanMs: meanMs(store.latencyMs),
    buckets: bucketShares(store.latencyMs),
  };
}
