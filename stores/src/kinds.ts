// The kinds of store there are: one line each. The schemas of base, overlay and resource are made from this list.
import { z } from "zod";
import type { StoreLocation } from "#config/identity.ts";
import { pgvectorKind } from "#pgvector/kind.ts";
import { qdrantKind } from "#qdrant/kind.ts";
import type { Adapter, Lookup, StoreKind } from "./kind.ts";

export const storeKinds = [pgvectorKind, qdrantKind];

/** Adapter in a base (`retriever.json`). */
export const baseAdapterSchema = unionOf(storeKinds.map(({ base }) => base.schema));
/** Adapter in an overlay or a RetrieverMigration: credentials by reference only. */
export const overlayAdapterSchema = unionOf(storeKinds.map(({ overlay }) => overlay.schema));

export type BaseAdapter = z.infer<typeof baseAdapterSchema>;
export type OverlayAdapter = z.infer<typeof overlayAdapterSchema>;

/** Told apart by `kind`, so that a fault is said of the adapter that was meant. Throws RangeError without any. */
export function unionOf<Schema extends z.core.$ZodTypeDiscriminable>(schemas: readonly Schema[]) {
  const [first, ...rest] = schemas;
  if (first === undefined) throw new RangeError("expected at least one kind of store");
  return z.discriminatedUnion("kind", [first, ...rest]);
}

/** The kinds with what talks to their stores. Loads the client libraries, so only a process that serves or reads calls it. */
export async function loadAdapters(kinds: readonly StoreKind[] = storeKinds): Promise<readonly Adapter[]> {
  return Promise.all(kinds.map(async ({ load, ...kind }) => ({ ...kind, ...(await load()) })));
}

/** Location that an overlay's adapter names: an overlay says it without its credentials. Never throws for a parsed adapter. */
export function locateOverlayAdapter(adapter: OverlayAdapter): StoreLocation {
  const kind = storeKinds.find((each) => each.kind === adapter.kind);
  if (kind === undefined) throw new TypeError(`no kind of store is called ${adapter.kind}`);
  return kind.overlay.locate(adapter, noLookup);
}

function unavailable(): never {
  throw new TypeError("an overlay's location must not depend on its credentials");
}

const noLookup: Lookup = { credential: unavailable, authority: unavailable, refuse: unavailable };
