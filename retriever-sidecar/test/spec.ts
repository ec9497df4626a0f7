// Resolved adapters for tests that go below the documents.

import type { PgvectorSpec } from "#adapters/pgvector/spec.ts";
import type { QdrantSpec } from "#adapters/qdrant/spec.ts";
import { adapters } from "#adapters/registry.ts";
import { resolveBaseAdapter } from "#config/resolve-store.ts";
import { baseAdapterSchema } from "#contract/adapter.ts";
import { similarityOf } from "#core/normalize.ts";
import { specOf } from "#core/store-spec.ts";
import type { BackendMakings } from "#ports/backend-makings.ts";

type Spec = PgvectorSpec | QdrantSpec;

/** The spec of an adapter as a base would name it. */
export function makeSpec<Kind extends Spec["kind"]>(kind: Kind, adapter: object): Extract<Spec, { kind: Kind }> {
  const spec = specOf(
    resolveBaseAdapter(baseAdapterSchema.parse({ kind, ...adapter }), { env: {}, registry: adapters }, "primary"),
  );
  if (spec?.kind !== kind) throw new Error("expected a usable adapter");
  return spec as Extract<Spec, { kind: Kind }>;
}

export const testMakings: BackendMakings = {
  clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  similarity: (metric, value) => similarityOf(metric, value, { strategy: "auto", targetRange: [0, 1] }),
};
