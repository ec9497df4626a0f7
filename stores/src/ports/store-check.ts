// What `check-config --connect` finds out about a store before anything is served from it.
import type { Filterable } from "#config/filterable.ts";
import type { StoreSpec } from "#config/store-spec.ts";

export type Finding = {
  /** `slow`: it works, but slower or with less than may be asked for. `fails`: requests, or what the message names, do. */
  readonly level: "ok" | "slow" | "fails";
  /** Of the configuration. */
  readonly field: string;
  readonly found: string;
  /** What to do about it, or to know; null: nothing. */
  readonly remedy: string | null;
};

export type CheckOptions = {
  readonly signal: AbortSignal;
  /** What requests may filter by. */
  readonly filterable: Filterable | undefined;
};

/** Reads only, within the signal. Never rejects: a store that can't be asked is a finding. */
export type CheckStore<Spec = StoreSpec> = (spec: Spec, options: CheckOptions) => Promise<readonly Finding[]>;
