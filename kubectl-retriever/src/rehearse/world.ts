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
  readonly latencyByHour: Scenario["traffic"]["latencyByHour"];
  readonly namespaces: Scenario["traffic"]["namespaces"];
  /** Namespaces that are worse, the newest word on each last. */
  readonly wrong: readonly NonNullable<ScenarioEvent["namespace"]>[];
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
  readonly parity: ParityBehaviour;
};

/** The scenario at its traffic of the moment, changed by the running events in the order in which they began. */
export function worldAt(scenario: Scenario, running: readonly ScenarioEvent[], requestsPerSecond: number): World {
  const { latencyFactor, latencyByHour, errorsOnSame, namespaces } = scenario.traffic;
  let world: World = {
    requestsPerSecond,
    latencyFactor,
    latencyByHour,
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
  return world;
}

/** A parsed event holds only the fields that were given: none is undefined. */
function changed<T extends object>(
  store: T,
  change: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T {
  return { ...store, ...change };
}
