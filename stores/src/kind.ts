// A kind of store: the schemas of its configuration, how that is resolved, and how its clients are loaded.
// See docs/adapters.md.
import type { z } from "zod";
import type { BaseCredential, OverlayCredential } from "#config/credential.ts";
import type { StoreLocation } from "#config/identity.ts";
import type { Lookup } from "#config/lookup.ts";
import type { StoreSpec } from "#config/store-spec.ts";
import type { Backend, BackendDeps } from "#ports/backend.ts";
import type { ChunkAccess, ChunkStore, ChunkWriter } from "#ports/chunk-store.ts";
import type { PlaceMaker } from "#ports/place-maker.ts";
import type { CheckStore } from "#ports/store-check.ts";

/** A store's configuration in a document; `kind` says which schema the rest follows. */
export type AdapterDocument = { readonly kind: string };
type AdapterSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }, z.core.$strict>;

/** One way in which a store is written down: in a base or in an overlay. */
type Form<Schema, Document, Spec> = {
  readonly schema: Schema;
  /** May throw what `lookup` throws: then even the identity is unknown. */
  readonly locate: (document: Document, lookup: Lookup) => StoreLocation;
  /** Its credentials by field. */
  readonly credentials: (
    document: Document,
  ) => Readonly<Record<string, BaseCredential | OverlayCredential | undefined>>;
  /** Everything that is needed to connect. */
  readonly resolve: (document: Document, lookup: Lookup) => Spec;
};
export type AdapterForm<Schema = AdapterSchema> = Form<Schema, AdapterDocument, StoreSpec>;

/** What talks to the stores of a kind. Each connects on demand only. */
type Clients<Spec> = {
  readonly makeBackend: (spec: Spec, deps: BackendDeps) => Backend;
  /** Reads a store through; a kind without it can't be verified. */
  readonly makeChunkStore?: (spec: Spec, access: ChunkAccess) => ChunkStore;
  /** Writes a store; a kind without it can't be repaired. */
  readonly makeChunkWriter?: (spec: Spec, access: ChunkAccess) => ChunkWriter;
  /** Makes tables or collections; those of a kind without it are made by hand. */
  readonly makePlaces?: (spec: Spec) => PlaceMaker;
  /** What would fail or be slow; of a kind without it only a probe is told. */
  readonly checkStore?: CheckStore<Spec>;
};

/** A kind as the list of kinds holds it. Pure: the client libraries are loaded by `load` only. */
export type StoreKind<Base extends AdapterSchema = AdapterSchema, Overlay extends AdapterSchema = AdapterSchema> = {
  readonly kind: string;
  readonly base: AdapterForm<Base>;
  readonly overlay: AdapterForm<Overlay>;
  readonly load: () => Promise<Clients<StoreSpec>>;
};

/** A kind with its clients. */
export type Adapter = Omit<StoreKind, "load"> & Clients<StoreSpec>;
export type Registry = readonly Adapter[];

type Definition<Base extends AdapterSchema, Overlay extends AdapterSchema, Spec> = {
  readonly kind: string;
  readonly base: Form<Base, z.output<Base>, Spec>;
  readonly overlay: Form<Overlay, z.output<Overlay>, Spec>;
  readonly load: () => Promise<Clients<Spec>>;
};

/** Checks a definition against its own schemas, then forgets its types: documents and specs reach it by their kind. */
export function defineKind<Base extends AdapterSchema, Overlay extends AdapterSchema, Spec extends StoreSpec>(
  definition: Definition<Base, Overlay, Spec>,
): StoreKind<Base, Overlay> {
  return definition as unknown as StoreKind<Base, Overlay>;
}
