// The world of a rehearsal at one moment: traffic and stores as the scenario and its running events have them. Pure.
import type {
  DestinationBehaviour,
  ParityBehaviour,
  Scenario,
  ScenarioEvent,
  SourceBehaviour,
} from "#scenario/scenario.ts";

export type World = {
  readonly requestsPerSecond: number;
  readonly source: SourceBehaviour;
  readonly destination: DestinationBehaviour;
  readonly parity: ParityBehaviour;
};

/** The scenario at its traffic of the moment, changed by the running events in the order in which they began. */
export function worldAt(scenario: Scenario, running: readonly ScenarioEvent[], requestsPerSecond: number): World {
  let world: World = {
    requestsPerSecond,
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
