// The two stores of a verification: from the directory that `serve` reads, or from one base each.

import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { readDirectory } from "@retriever/sidecar/config/read-directory.ts";
import { makeReadInput, type ReadInput } from "@retriever/sidecar/config/read-input.ts";
import { parseSettings } from "@retriever/sidecar/config/settings.ts";
import { isPinned, type Overlay } from "@retriever/sidecar/contract/overlay.ts";
import { metadataPath, textField } from "@retriever/stores/config/chunk-fields.ts";
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { StoreChoice, StoreSpec } from "@retriever/stores/config/store-spec.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { AgreedFields, ChunkAccess, ChunkStore, ChunkWriter } from "@retriever/stores/ports/chunk-store.ts";
import { openChunkStore, openChunkWriter } from "@retriever/stores/registry.ts";
import type { Both } from "#compare/run-deps.ts";
import type { VerifyFlags } from "./options.ts";
import { readFileText } from "./read-file.ts";

/** One store that the configuration names and that can be used. */
export type NamedStore = { readonly identity: StoreIdentity; readonly spec: StoreSpec };
export type NamedStores = Both<NamedStore> & {
  /** Fields compared beside entity and namespace: what either store lists as metadata, in one order. */
  readonly fields: AgreedFields;
  /** What the source's base lets requests filter by; absent: it declares nothing. */
  readonly filterable?: Filterable | undefined;
  /** Whether both stores say when a chunk was written. Without that ids alone can be compared. */
  readonly areDated: boolean;
  /** Whether an overlay has requests answered from the destination, or had before a rollback. */
  readonly servesDestination: boolean;
};
type Deps = { readonly env: Environment; readonly registry: Registry };
type Places = Pick<VerifyFlags, "config" | "source" | "destination">;

const maxFileBytes = 1_048_576;

/** Connects to nothing. Throws what reading the configuration throws, and RETR_SOURCE_CHANGED. */
export function nameStores(flags: Places, { env, registry }: Deps): NamedStores {
  const hasFiles = flags.source !== undefined || flags.destination !== undefined;
  if (hasFiles && flags.config !== undefined) throw invalid("expected --config, or --source and --destination");
  const settings = parseSettings({ config: flags.config }, env);
  const read = makeReadInput({ env, registry, allowedHosts: settings.allowedHosts, isForRepair: true });
  const { source, destination, filterable, servesDestination } = hasFiles
    ? ofFiles(flags, read)
    : ofDirectory(settings.config, read);
  const stores = { source: usable(source, "source"), destination: usable(destination, "destination") };
  if (stores.source.identity.digest === stores.destination.identity.digest) {
    throw invalid(`expected two stores, both are ${stores.source.identity.label}`);
  }
  const areDated = [stores.source, stores.destination].every(({ spec: { fields } }) => fields?.updatedAt !== null);
  return { ...stores, fields: agreedFields(stores), areDated, filterable, servesDestination };
}

/** What requests filter by is written as well, whether or not it is listed as metadata. */
export function withFilterable(named: NamedStores): NamedStores {
  const asked = Object.keys(named.filterable ?? {});
  return { ...named, fields: [...new Set([...named.fields, ...asked])].toSorted() };
}

/** Opens both for reading. */
export function openStores(named: NamedStores, registry: Registry): Both<ChunkStore> {
  return openBoth(named, (spec, access) => openChunkStore(registry, spec, access));
}

/** Opens both for writing, so many batches at once. */
export function openWriters(named: NamedStores, registry: Registry, atOnce = 1): Both<ChunkWriter> {
  return openBoth(named, (spec, access) => openChunkWriter(registry, spec, { ...access, atOnce }));
}

function openBoth<T>({ source, destination, fields }: NamedStores, open: (spec: StoreSpec, access: ChunkAccess) => T) {
  return {
    source: open(comparedSpec(source, destination), { identity: source.identity, fields }),
    destination: open(comparedSpec(destination, source), { identity: destination.identity, fields }),
  };
}

/** A store as the other one can be held against it: what only one of them has of entity and namespace isn't spoken of. */
function comparedSpec({ spec }: NamedStore, { spec: { fields: others } }: NamedStore): StoreSpec {
  if (spec.fields === undefined || others === undefined) return spec;
  const { entity, namespace } = spec.fields;
  return {
    ...spec,
    fields: {
      ...spec.fields,
      entity: others.entity === null ? null : entity,
      namespace: others.namespace === null ? null : namespace,
    },
  };
}

type Choices = Both<StoreChoice> & Pick<NamedStores, "filterable" | "servesDestination">;

function ofDirectory(directory: string | null, read: ReadInput): Choices {
  if (directory === null) throw invalid("expected a directory: variables name one store only");
  const { base, overlay } = read(readDirectory(directory));
  if (base.kind === "invalid") throw new RetrieverError(base.fault);
  const { source, shadow, filterable } = base.value;
  if (overlay.kind === "invalid") throw new RetrieverError(overlay.fault);
  if (overlay.kind === "valid") {
    checkSource(source, overlay.value.overlay.source);
    const { primary, rollback } = overlay.value.overlay;
    const servesDestination = primary === "destination" || rollback === true;
    return { source, destination: overlay.value.destination, filterable, servesDestination };
  }
  if (shadow !== null) return { source, destination: shadow, filterable, servesDestination: false };
  throw invalid("no destination: expected an overlay (migration.json), or dualRead with a shadow in the base");
}

function checkSource({ identity }: StoreChoice, pin: Overlay["source"]): void {
  if (identity === null || isPinned(identity, pin)) return;
  const message = `primary: the migration started from another store than ${identity.label}`;
  throw new RetrieverError({ code: "RETR_SOURCE_CHANGED", message, path: "primary" });
}

function ofFiles({ source, destination }: Places, read: ReadInput): Choices {
  if (source === undefined || destination === undefined) throw invalid("expected --source and --destination, both");
  const baseOf = (file: string) => {
    const { base } = read({ base: { text: readFileText(file, maxFileBytes, invalid) }, overlay: "absent" });
    if (base.kind === "valid") return base.value;
    throw new RetrieverError({ ...base.fault, message: `${file}: ${base.fault.message}` });
  };
  const own = baseOf(source);
  return {
    source: own.source,
    destination: baseOf(destination).source,
    filterable: own.filterable,
    servesDestination: false,
  };
}

function usable({ identity, resolved }: StoreChoice, name: string): NamedStore {
  if ("fault" in resolved) {
    throw new RetrieverError({ ...resolved.fault, message: `${name}: ${resolved.fault.message}` });
  }
  if (identity !== null) return { identity, spec: resolved.spec };
  throw new RetrieverError({ code: "RETR_INTERNAL", message: `${name}: a store without an identity` });
}

function agreedFields({ source, destination }: Both<NamedStore>): AgreedFields {
  const both = [source.spec.fields, destination.spec.fields].filter((fields) => fields !== undefined);
  const names = both.flatMap(({ metadata }) => Object.keys(metadata));
  // What both have as a namespace is compared as one: as a field too, it could be neither text nor number.
  const isComparedAnyway = (name: string): boolean =>
    (["id", "entity", "updatedAt", "namespace"] as const).some((part) =>
      both.every((fields) => fields[part]?.join(".") === metadataPath(fields, name).join(".")),
    );
  const listed = [...new Set(names)].filter((name) => !isComparedAnyway(name)).toSorted();
  const hasTexts = both.length === 2 && both.every(({ text, textMember }) => text !== null && textMember.length === 0);
  return hasTexts ? [...listed, textField] : listed;
}

function invalid(message: string, cause?: unknown): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `verify: ${message}` }, cause);
}
