// From the documents' text to the input of the activation rules: parsed, with stores resolved in this pod.

import { isSamePlace, withoutVector } from "@retriever/stores/config/identity.ts";
import { type StoreChoice, specOf } from "@retriever/stores/config/store-spec.ts";
import { faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { AllowedHost } from "#contract/allowed-hosts.ts";
import { namesDestination } from "#contract/overlay.ts";
import type { ActivationInput, BaseReading, OverlayReading } from "#core/activation-decision.ts";
import type { Environment } from "./credentials.ts";
import {
  type BaseConfig,
  type DocumentSchemas,
  makeDocumentSchemas,
  parseBase,
  parseOverlay,
} from "./parse-document.ts";
import type { DirectoryReading } from "./read-directory.ts";
import { closedDestination, plainCredentials, resolveBaseAdapter, resolveDestination } from "./resolve-store.ts";

type Deps = {
  readonly env: Environment;
  readonly allowedHosts: readonly AllowedHost[];
  readonly registry: Registry;
  /** A repair reads the destination after a rollback as well; whoever serves opens nothing of it then. */
  readonly isForRepair?: boolean;
};
type Parsing = Deps & { readonly schemas: DocumentSchemas };
export type Documents = Pick<DirectoryReading, "base" | "overlay">;
export type ReadInput = (documents: Documents) => Pick<ActivationInput, "base" | "overlay">;

/** The returned function never throws; a document that isn't valid becomes a fault in its place. */
export function makeReadInput(deps: Deps): ReadInput {
  const parsing = { ...deps, schemas: makeDocumentSchemas(deps.registry) };
  return ({ base, overlay }) => inWordsOf(readBase(base, parsing), readOverlay(overlay, parsing));
}

/**
 * Under the overlay of an operator that knows no vectors every identity is called as that operator calls it: it would
 * take another digest for another store.
 */
function inWordsOf(
  base: ActivationInput["base"],
  overlay: ActivationInput["overlay"],
): Pick<ActivationInput, "base" | "overlay"> {
  if (base.kind !== "valid" || overlay.kind !== "valid" || !isOfEarlierOperator(base.value, overlay.value)) {
    return { base, overlay };
  }
  const { source, shadow } = base.value;
  const value = { ...base.value, source: plain(source), shadow: shadow && plain(shadow) };
  return {
    base: { ...base, value },
    overlay: { ...overlay, value: { ...overlay.value, destination: plain(overlay.value.destination) } },
  };
}

/** It moves no vectors within a place, and pins no store by a vector. */
function isOfEarlierOperator({ source }: BaseReading, { overlay, destination }: OverlayReading): boolean {
  const { digest, storeDigest } = overlay.source;
  if (storeDigest !== undefined || source.identity === null || destination.identity === null) return false;
  const { identity } = source;
  const isPinnedByVector = identity.digest === digest && identity.digest !== identity.placeDigest;
  return !isPinnedByVector && !isSamePlace(identity, destination.identity);
}

function plain(choice: StoreChoice): StoreChoice {
  return choice.identity === null ? choice : { ...choice, identity: withoutVector(choice.identity) };
}

function readBase(file: Documents["base"], parsing: Parsing): ActivationInput["base"] {
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    return { kind: "valid", value: resolveBase(parseBase(file.text, parsing.schemas), parsing) };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}

function resolveBase(base: BaseConfig, parsing: Parsing): BaseReading {
  const { primary, dualRead, normalization, exactSearch, filterable, select = [] } = base;
  const shadow = dualRead.enabled ? dualRead.shadow : undefined;
  const plain = shadow === undefined ? [] : plainCredentials(shadow, parsing.registry, "dualRead.shadow");
  const source = resolveBaseAdapter(primary, parsing, "primary");
  checkSelect(select, source);
  return {
    source,
    shadow: shadow === undefined ? null : resolveBaseAdapter(shadow, parsing, "dualRead.shadow"),
    sampleRate: dualRead.sampleRate,
    normalization,
    exactSearch: exactSearch ?? null,
    filterable,
    select,
    plainCredentials: [...plainCredentials(primary, parsing.registry, "primary"), ...plain],
  };
}

/** A name that the primary doesn't declare would fail every request that includes it. */
function checkSelect(select: readonly string[], source: StoreChoice): void {
  const fields = specOf(source)?.fields;
  if (fields === undefined) return;
  for (const [index, name] of select.entries()) {
    if (name === "text" ? fields.text !== null : Object.hasOwn(fields.metadata, name)) continue;
    const place = `select[${index}]`;
    const expected = `expected text with primary.fields.text, or a name of primary.fields.metadata`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `${place}: ${expected}`, path: place });
  }
}

function readOverlay(file: Documents["overlay"], parsing: Parsing): ActivationInput["overlay"] {
  if (file === "absent") return { kind: "absent" };
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    const { overlay, ...rest } = parseOverlay(file.text, parsing.schemas);
    const isOpened = namesDestination(overlay) && (overlay.rollback !== true || parsing.isForRepair === true);
    const destination = isOpened
      ? resolveDestination(overlay.destination, parsing)
      : closedDestination(overlay.destination, parsing);
    return { kind: "valid", value: { ...rest, overlay, destination } };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}
