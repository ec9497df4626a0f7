// Finds the clients of a store by the kind of its configuration.

import type { StoreSpec } from "#config/store-spec.ts";
import type { ChunkAccess, ChunkStore, ChunkWriter } from "#ports/chunk-store.ts";
import type { PlaceMaker } from "#ports/place-maker.ts";
import { RetrieverError } from "./errors.ts";
import type { Adapter, Registry } from "./kind.ts";

/** Throws RETR_INTERNAL for a kind that isn't in the list: a schema of the same list has let it pass. */
export function adapterOf(registry: Registry, { kind }: { readonly kind: string }): Adapter {
  const adapter = registry.find((each) => each.kind === kind);
  if (adapter !== undefined) return adapter;
  throw new RetrieverError({ code: "RETR_INTERNAL", message: `no kind of store is called ${kind}` });
}

/** A reader of a whole store. Throws RETR_VERIFY_UNSUPPORTED for a kind that has none. */
export function openChunkStore(registry: Registry, spec: StoreSpec, access: ChunkAccess): ChunkStore {
  return adapterOf(registry, spec).makeChunkStore?.(spec, access) ?? unsupported(spec.kind, "read through");
}

/** A writer of a whole store. Throws RETR_VERIFY_UNSUPPORTED for a kind that has none. */
export function openChunkWriter(registry: Registry, spec: StoreSpec, access: ChunkAccess): ChunkWriter {
  return adapterOf(registry, spec).makeChunkWriter?.(spec, access) ?? unsupported(spec.kind, "written");
}

/** What makes a store's table or collection. Throws RETR_VERIFY_UNSUPPORTED for a kind that has none. */
export function openPlaces(registry: Registry, spec: StoreSpec): PlaceMaker {
  return adapterOf(registry, spec).makePlaces?.(spec) ?? unsupported(spec.kind, "made");
}

function unsupported(kind: string, what: string): never {
  const message = `the adapter of ${kind} doesn't let its store be ${what}`;
  throw new RetrieverError({ code: "RETR_VERIFY_UNSUPPORTED", message });
}
