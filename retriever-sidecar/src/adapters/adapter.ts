// What an adapter is: how its configuration reads, where it leads, and how its store is reached. See docs/adapters.md.
import type { z } from "zod";
import type { BaseCredential, OverlayCredential } from "#contract/credential.ts";
import type { StoreLocation } from "#contract/identity.ts";
import type { Secret } from "#core/secret.ts";
import type { StoreSpec, Tls } from "#core/store-spec.ts";
import type { Backend } from "#ports/backend.ts";
import type { BackendMakings } from "#ports/backend-makings.ts";
import type { ChunkAccess, ChunkStore, ChunkWriter } from "#ports/chunk-store.ts";

/** An adapter's configuration as a document holds it: its kind decides who reads the rest. */
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

/** One way an adapter is written down: in a base or in an overlay. */
type Form<Document, Spec> = {
  readonly schema: z.ZodType<Document>;
  /** Where it leads. May throw what `lookup` throws: then even the identity is unknown. */
  readonly locate: (document: Document, lookup: Lookup) => StoreLocation;
  /** Its credentials by field. */
  readonly credentials: (
    document: Document,
  ) => Readonly<Record<string, BaseCredential | OverlayCredential | undefined>>;
  /** Everything that is needed to connect. */
  readonly resolve: (document: Document, lookup: Lookup) => Spec;
};

type Definition<Base, Overlay, Spec extends StoreSpec> = {
  readonly kind: string;
  readonly base: Form<Base, Spec>;
  readonly overlay: Form<Overlay, Spec>;
  /** Connects on demand only. */
  readonly makeBackend: (spec: Spec, makings: BackendMakings) => Backend;
  /** Reads the store through for `verify`; a kind without it can't be verified. */
  readonly makeChunkStore?: (spec: Spec, access: ChunkAccess) => ChunkStore;
  /** Writes the store for a repair; a kind without it can't be repaired. */
  readonly makeChunkWriter?: (spec: Spec, access: ChunkAccess) => ChunkWriter;
};

/** An adapter as the registry holds it; each gets only documents of its own kind. */
export type Adapter = Definition<AdapterDocument, AdapterDocument, StoreSpec>;
export type AdapterForm = Form<AdapterDocument, StoreSpec>;
export type Registry = readonly Adapter[];

/** Forgets the types of one kind: documents and specs reach an adapter by their kind, through its own schemas. */
export function defineAdapter<Base extends AdapterDocument, Overlay extends AdapterDocument, Spec extends StoreSpec>(
  definition: Definition<Base, Overlay, Spec>,
): Adapter {
  return definition as unknown as Adapter;
}

/** TLS of a store that is reached with it. */
export function tlsOf(tls: { readonly caFile?: string | undefined } | undefined, lookup: Lookup): Tls {
  return { ca: lookup.authority(tls?.caFile) };
}
