// Which adapter serves which kind: one line each.
import type { StoreSpec } from "#core/store-spec.ts";
import type { Backend } from "#ports/backend.ts";
import type { BackendMakings } from "#ports/backend-makings.ts";
import { makePgvectorBackend } from "./pgvector/pgvector-backend.ts";
import { makeQdrantBackend } from "./qdrant/qdrant-backend.ts";

/** Makes the backend of a resolved adapter; connects on demand only. */
export function makeBackend(spec: StoreSpec, makings: BackendMakings): Backend {
  switch (spec.kind) {
    case "pgvector":
      return makePgvectorBackend(spec, makings);
    case "qdrant":
      return makeQdrantBackend(spec, makings);
  }
}
