// Resolved adapters for tests that go below the documents.

import { readFileSync } from "node:fs";
import type { Lookup } from "#config/lookup.ts";
import { Secret } from "#config/secret.ts";
import { baseAdapterSchemaOf, loadAdapters, storeKinds } from "#kinds.ts";
import type { PgvectorSpec } from "#pgvector/config/schema.ts";
import type { Backend, BackendDeps } from "#ports/backend.ts";
import type { QdrantSpec } from "#qdrant/config/schema.ts";
import { adapterOf } from "#registry.ts";
import { similarityOf } from "#similarity.ts";

type Spec = PgvectorSpec | QdrantSpec;

/** Credentials of a test stand in its documents; its files are the system's own. */
const lookup: Lookup = {
  credential: (credential) => new Secret(typeof credential === "string" ? credential : JSON.stringify(credential)),
  authority: (caFile) => (caFile === undefined ? null : readFileSync(caFile, "utf8")),
  variable: () => undefined,
  refuse: (field, message) => new Error(`${field}: ${message}`),
};

/** The spec of an adapter as a base would name it. */
export function makeSpec<Kind extends Spec["kind"]>(kind: Kind, adapter: object): Extract<Spec, { kind: Kind }> {
  const form = storeKinds.find((each) => each.kind === kind)?.base;
  if (form === undefined) throw new Error("expected a known kind");
  return form.resolve(baseAdapterSchemaOf(storeKinds).parse({ kind, ...adapter }), lookup) as Extract<
    Spec,
    { kind: Kind }
  >;
}

export const testDeps: BackendDeps = {
  clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  similarity: (metric, value) => similarityOf(metric, value, { strategy: "auto", targetRange: [0, 1] }),
};

/** The backend of an adapter as a base would name it. */
export async function openBackend(kind: Spec["kind"], adapter: object): Promise<Backend> {
  const spec = makeSpec(kind, adapter);
  return adapterOf(await loadAdapters(), spec).makeBackend(spec, testDeps);
}
