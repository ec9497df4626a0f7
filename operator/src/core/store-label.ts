// How messages name the two stores.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";

/** `kind://host:port/place`; before acceptance, or in a damaged status, what the store is to the migration. */
export function labelOf(status: MigrationStatus, store: StoreName): string {
  return status[store]?.label ?? `the ${store}`;
}
