// What an adapter gets besides its own configuration.

import type { StoreSpec } from "#config/store-spec.ts";
import type { Metric } from "#similarity.ts";
import type { Backend } from "./backend.ts";
import type { Clock } from "./clock.ts";

export type BackendDeps = {
  /** From the store's number to the similarity the application sees. */
  readonly similarity: (metric: Metric, value: number) => number;
  readonly clock: Clock;
};

/** Throws when the connection can't be set up. */
export type MakeBackend = (spec: StoreSpec, deps: BackendDeps) => Backend;
