// Resolved adapters for tests that go below the documents.

import { resolveBaseAdapter } from "#config/resolve-store.ts";
import { baseAdapterSchema } from "#contract/adapter.ts";
import { similarityOf } from "#core/normalize.ts";
import { type StoreSpec, specOf } from "#core/store-spec.ts";
import type { BackendMakings } from "#ports/backend-makings.ts";

/** The spec of an adapter as a base would name it. */
export function makeSpec<Kind extends StoreSpec["kind"]>(
  kind: Kind,
  adapter: object,
): Extract<StoreSpec, { kind: Kind }> {
  const spec = specOf(resolveBaseAdapter(baseAdapterSchema.parse({ kind, ...adapter }), {}, "primary"));
  if (spec?.kind !== kind) throw new Error("expected a usable adapter");
  return spec as Extract<StoreSpec, { kind: Kind }>;
}

export const testMakings: BackendMakings = {
  clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  similarity: (metric, value) => similarityOf(metric, value, { strategy: "auto", targetRange: [0, 1] }),
};
