// A kind of store: how its configuration reads, where it leads, and how its clients are loaded. See docs/adapters.md.
import type { z } from "zod";
import type { BaseCredential, OverlayCredential } from "#config/credential.ts";
import type { StoreLocation } from "#config/identity.ts";
import type { Secret } from "#config/secret.ts";
import type { StoreSpec, Tls } from "#config/store-spec.ts";
import type { Backend } from "#ports/backend.ts";
import type { BackendDeps } from "#ports/backend-deps.ts";
import type { ChunkAccess, ChunkStore, ChunkWriter } from "#ports/chunk-store.ts";

/** A store's configuration as a document holds it: its kind decides who reads the rest. */
export type AdapterDocument = { readonly kind: string };

/** Looks up what a document only refers to. Each method throws a RetrieverError with the field's place. */
export type Lookup = {
  /** `field` is the credential's name within the adapter. */
  readonly credential: (credential: BaseCredential | OverlayCredential, field: string) => Secret;
  /** Text of `caFile`; null for the system's authorities. */
  readonly authority: (caFile: string | undefined) => string | null;
  /** The error of a field that the schema can't judge. */
  readonly refuse: (field: string, message: string) => Error;
};

/** One way a store is written down: in a base or in an overlay. */
type Form<Document, Spec, Schema = z.ZodType<Document>> = {
  readonly schema: Schema;
  /** Where it leads. May throw what `lookup` throws: then even the identity is unknown. */
  readonly locate: (document: Document, lookup: Lookup) => StoreLocation;
  /** Its credentials by field. */
  readonly credentials: (
    document: Document,
  ) => Readonly<Record<string, BaseCredential | OverlayCredential | undefined>>;
  /** Everything that is needed to connect. */
  readonly resolve: (document: Document, lookup: Lookup) => Spec;
};

/** What talks to the stores of a kind. */
type Clients<Spec> = {
  /** Connects on demand only. */
  readonly makeBackend: (spec: Spec, deps: BackendDeps) => Backend;
  /** Reads the store through for `verify`; a kind without it can't be verified. */
  readonly makeChunkStore?: (spec: Spec, access: ChunkAccess) => ChunkStore;
  /** Writes the store for a repair; a kind without it can't be repaired. */
  readonly makeChunkWriter?: (spec: Spec, access: ChunkAccess) => ChunkWriter;
};

/** Configuration of a kind. Pure: whoever only judges documents loads no client library. */
type Kind<Base, Overlay, Spec> = {
  readonly kind: string;
  readonly base: Form<Base, Spec>;
  readonly overlay: Form<Overlay, Spec>;
};

/** A kind with its clients; each gets only documents and specs of its own kind. */
export type Adapter = Kind<AdapterDocument, AdapterDocument, StoreSpec> & Clients<StoreSpec>;
export type AdapterForm = Form<AdapterDocument, StoreSpec>;
export type Registry = readonly Adapter[];

type Definition<BaseSchema extends z.ZodType, OverlaySchema extends z.ZodType, Spec> = {
  readonly kind: string;
  readonly base: Form<z.output<BaseSchema>, Spec, BaseSchema>;
  readonly overlay: Form<z.output<OverlaySchema>, Spec, OverlaySchema>;
  readonly load: () => Promise<Clients<Spec>>;
};

/** A kind as the list of kinds holds it: its schemas keep their types, the rest is reached by `kind`. */
export type StoreKind<BaseSchema extends z.ZodType = z.ZodType, OverlaySchema extends z.ZodType = z.ZodType> = {
  readonly kind: string;
  readonly base: AdapterForm & { readonly schema: BaseSchema };
  readonly overlay: AdapterForm & { readonly schema: OverlaySchema };
  readonly load: () => Promise<Clients<StoreSpec>>;
};

/** Forgets the types of one kind: documents and specs reach it by their kind, through its own schemas. */
export function defineKind<BaseSchema extends z.ZodType, OverlaySchema extends z.ZodType, Spec extends StoreSpec>(
  definition: Definition<BaseSchema, OverlaySchema, Spec>,
): StoreKind<BaseSchema, OverlaySchema> {
  return definition as unknown as StoreKind<BaseSchema, OverlaySchema>;
}

/** TLS of a store that is reached with it. */
export function tlsOf(tls: { readonly caFile?: string | undefined } | undefined, lookup: Lookup): Tls {
  return { ca: lookup.authority(tls?.caFile) };
}
