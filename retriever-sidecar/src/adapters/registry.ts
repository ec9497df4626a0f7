// Which adapter serves which kind: one line each.
import { RetrieverError } from "#errors.ts";
import type { MakeBackend } from "#ports/backend-makings.ts";
import type { Registry } from "./adapter.ts";
import { pgvectorAdapter } from "./pgvector/pgvector-adapter.ts";
import { qdrantAdapter } from "./qdrant/qdrant-adapter.ts";

export const adapters: Registry = [pgvectorAdapter, qdrantAdapter];

/** Makes backends of resolved adapters; they connect on demand only. */
export function backendsOf(registry: Registry): MakeBackend {
  return (spec, makings) => {
    const adapter = registry.find(({ kind }) => kind === spec.kind);
    if (adapter !== undefined) return adapter.makeBackend(spec, makings);
    throw new RetrieverError({ code: "RETR_INTERNAL", message: `no adapter serves the kind ${spec.kind}` });
  };
}
