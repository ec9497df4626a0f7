// The kinds of store there are: one line each. The schemas of base, overlay and resource are made from this list.
import { z } from "zod";
import type { StoreLocation } from "#config/identity.ts";
import type { Lookup } from "#config/lookup.ts";
import { pgvectorKind } from "#pgvector/kind.ts";
import { qdrantKind } from "#qdrant/kind.ts";
import type { Adapter, AdapterDocument, StoreKind } from "./kind.ts";

export const storeKinds = [pgvectorKind, qdrantKind];

/** What the schemas of documents are made from: the list of kinds, or the adapters made from one. */
export type KindSchemas = Pick<StoreKind, "base" | "overlay">;

/** Schema of the adapters in a base (`retriever.json`). */
export function baseAdapterSchemaOf<Kind extends KindSchemas>(kinds: readonly Kind[]) {
  return unionOf(kinds.map(({ base }) => base.schema as Kind["base"]["schema"]));
}

/** Schema of the adapters in an overlay or a RetrieverMigration: credentials by reference only. */
export function overlayAdapterSchemaOf<Kind extends KindSchemas>(kinds: readonly Kind[]) {
  return unionOf(kinds.map(({ overlay }) => overlay.schema as Kind["overlay"]["schema"]));
}

/** Told apart by `kind`, so that a fault is reported for the adapter that was meant. Throws RangeError without any. */
function unionOf<Schema extends z.core.$ZodTypeDiscriminable>(schemas: readonly Schema[]) {
  const [first, ...rest] = schemas;
  if (first === undefined) throw new RangeError("expected at least one kind of store");
  return z.discriminatedUnion("kind", [first, ...rest]);
}

/** The destination of a RetrieverMigration. */
export const overlayAdapterSchema = overlayAdapterSchemaOf(storeKinds);

/** The kinds with their clients. Loads the client libraries, so only a process that serves or reads calls it. */
export async function loadAdapters(kinds: readonly StoreKind[] = storeKinds): Promise<readonly Adapter[]> {
  return Promise.all(kinds.map(async ({ load, ...kind }) => ({ ...kind, ...(await load()) })));
}

/** Location that an overlay's adapter names. Never throws for a parsed adapter. */
export function locateOverlayAdapter(adapter: AdapterDocument): StoreLocation {
  const kind = storeKinds.find((each) => each.kind === adapter.kind);
  if (kind === undefined) throw new TypeError(`no kind of store is called ${adapter.kind}`);
  return kind.overlay.locate(adapter, noLookup);
}

function unavailable(): never {
  throw new TypeError("an overlay's location must not depend on its credentials");
}

const noLookup: Lookup = {
  credential: unavailable,
  authority: unavailable,
  variable: unavailable,
  refuse: unavailable,
};
