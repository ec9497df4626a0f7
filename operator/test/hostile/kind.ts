// A kind of document that somebody else writes.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { AlertsRead } from "#core/model/alert-observation.ts";
import type { Observation } from "#core/model/observation.ts";
import type { Simulation } from "#test/simulate.ts";
import type { Random } from "./values.ts";

type Tampered = {
  readonly seen: Observation;
  /** Hostile documents in it. */
  readonly count: number;
  /** Somebody with the right to says that it goes back. */
  readonly mayRollBack: boolean;
};
export type Kind = {
  readonly name: string;
  /** Default: any of them. */
  readonly phases?: readonly Phase[];
  /** Default: a plan that asks no Prometheus. */
  readonly spec?: MigrationSpec;
  /** What the plan's Prometheus says on the way to the phase. */
  readonly alerts?: (now: number) => AlertsRead;
  /** Where it is played; default: a plan that has nothing written to a store. */
  readonly world?: (phase: Phase) => Simulation;
  readonly tamper: (truth: Observation, sim: Simulation, random: Random) => Promise<Tampered> | Tampered;
};
