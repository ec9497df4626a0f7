// Everything that one activation put in force. A request keeps the runtime it began with.
import type { Plan } from "#core/activation-decision.ts";
import type { EvidenceLog } from "#core/evidence.ts";
import type { ExactSearch } from "./exact.ts";
import type { ShadowLane } from "./shadow.ts";
import type { StoreHandle } from "./store-handle.ts";

export type Runtime = {
  readonly plan: Plan;
  readonly source: StoreHandle | null;
  readonly destination: StoreHandle | null;
  readonly primary: StoreHandle;
  /** Null: no dual read. */
  readonly shadow: { readonly handle: StoreHandle; readonly lane: ShadowLane } | null;
  /** Null: no exact search, or not in a store that is configured. */
  readonly exact: ExactSearch | null;
  readonly evidence: EvidenceLog;
  /** False once another activation took over. */
  readonly isCurrent: () => boolean;
};
