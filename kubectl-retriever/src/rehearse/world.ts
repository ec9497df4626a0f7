// The world of a rehearsal at one moment: traffic and stores as the scenario and its running events have them. Pure.
import type {
  DestinationBehaviour,
  ParityBehaviour,
  Scenario,
  ScenarioEvent,
  SourceBehaviour,
} from "#scenario/scenario.ts";

type Traffic = {
  readonly requestsPerSecond: number;
  /** Both stores take so many times as long. */
  readonly latencyFactor: number;
  /** Share of requests that fail at both stores. */
  readonly errorsOnSame: number;
};

export type World = Traffic & {
  readonly namespaces: Scenario["traffic"]["namespaces"];
  /** Namespaces that are worse, the newest word on each last. */
  readonly wrong: readonly NonNullable<ScenarioEvent["namespace"]>[];
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
  readonly parity: ParityBehaviour;
};

/** The traffic of a moment, and the hour of the day (UTC). */
export type TrafficNow = { readonly requestsPerSecond: number; readonly hour: number };

/** The scenario at its traffic of the moment, changed by the running events in the order in which they began. */
export function worldAt(scenario: Scenario, running: readonly ScenarioEvent[], now: TrafficNow): World {
  const { latencyByHour, latencyFactor, errorsOnSame, namespaces } = scenario.traffic;
  const slower = latencyByHour?.[now.hour] ?? 1;
  let world: World = {
    requestsPerSecond: now.requestsPerSecond,
    latencyFactor,
    errorsOnSame,
    namespaces,
    wrong: [],
    source: scenario.source,
    destination: scenario.destination,
    parity: scenario.parity,
  };
  for (const event of running) {
    world = {
      ...changed(world, event.traffic),
      wrong: event.namespace === undefined ? world.wrong : [...world.wrong, event.namespace],
      source: changed(world.source, event.source),
      destination: changed(world.destination, event.destination),
      parity: changed(world.parity, event.parity),
    };
  }
  return { ...world, latencyFactor: world.latencyFactor * slower };
}

/** A parsed event holds only the fields that were given: none is undefined. */
function changed<T extends object>(
  store: T,
  change: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T {
  return { ...store, ...change };
}
