// What one activation made: the configuration and what runs for it. A request keeps the runtime it began with.
import type { ActiveConfig } from "#core/activation-decision.ts";
import type { EvidenceLog } from "#core/evidence.ts";
import type { Sampler } from "#core/sampling.ts";
import type { ContentProbe } from "./content-probe.ts";
import type { ExactSearch } from "./exact.ts";
import type { ShadowQueue } from "./shadow.ts";
import type { StoreHandle } from "./store-handle.ts";

/** Exact searches at both stores, at most so often a second at each. */
export type RecallSearch = {
  readonly maxQueriesPerSecond: number;
  readonly source: StoreHandle;
  readonly destination: StoreHandle;
};

export type Runtime = {
  readonly config: ActiveConfig;
  readonly source: StoreHandle | null;
  readonly destination: StoreHandle | null;
  readonly primary: StoreHandle;
  /** Null: no dual read. */
  readonly shadow: { readonly handle: StoreHandle; readonly queue: ShadowQueue } | null;
  /** Null: no exact search, or not in a store that is configured. */
  readonly exact: ExactSearch | null;
  /** Null: the overlay asks for none, or there is no shadow. */
  readonly recall: RecallSearch | null;
  /** Null: the source doesn't serve for a migration, or requests can include nothing. */
  readonly content: ContentProbe | null;
  readonly evidence: EvidenceLog;
  readonly sampler: Sampler;
  /** False once another activation took over. */
  readonly isCurrent: () => boolean;
};
