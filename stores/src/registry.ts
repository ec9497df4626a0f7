// Finds the adapter of a resolved store by its kind.

import type { MakeBackend } from "#ports/backend-deps.ts";
import type { MakeChunkStore, MakeChunkWriter } from "#ports/chunk-store.ts";
import { RetrieverError } from "./errors.ts";
import type { Registry } from "./kind.ts";

/** Makes backends of resolved adapters; they connect on demand only. */
export function backendsOf(registry: Registry): MakeBackend {
  return (spec, deps) => {
    const adapter = registry.find(({ kind }) => kind === spec.kind);
    if (adapter !== undefined) return adapter.makeBackend(spec, deps);
    throw new RetrieverError({ code: "RETR_INTERNAL", message: `no adapter serves the kind ${spec.kind}` });
  };
}

/** Makes readers of whole stores. Throws RETR_VERIFY_UNSUPPORTED for a kind that has none. */
export function chunkStoresOf(registry: Registry): MakeChunkStore {
  return (spec, access) => {
    const store = registry.find(({ kind }) => kind === spec.kind)?.makeChunkStore?.(spec, access);
    if (store !== undefined) return store;
    throw unsupported(spec.kind, "read through");
  };
}

/** Makes writers of whole stores. Throws RETR_VERIFY_UNSUPPORTED for a kind that has none. */
export function chunkWritersOf(registry: Registry): MakeChunkWriter {
  return (spec, access) => {
    const writer = registry.find(({ kind }) => kind === spec.kind)?.makeChunkWriter?.(spec, access);
    if (writer !== undefined) return writer;
    throw unsupported(spec.kind, "written");
  };
}

function unsupported(kind: string, what: string): RetrieverError {
  const message = `the adapter of ${kind} doesn't let its store be ${what}`;
  return new RetrieverError({ code: "RETR_VERIFY_UNSUPPORTED", message });
}
