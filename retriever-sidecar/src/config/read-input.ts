// Documents as text to what the activation rules decide on: parsed, with stores looked up in this pod.

import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { ActivationInput, BaseReading } from "#core/activation-decision.ts";
import type { AllowedHost } from "./allowed-hosts.ts";
import type { Environment } from "./credentials.ts";
import { type BaseConfig, type DocumentSchemas, makeDocumentSchemas } from "./document-schemas.ts";
import { parseBase, parseOverlay } from "./parse-document.ts";
import type { DirectoryReading } from "./read-directory.ts";
import { plainCredentials, resolveBaseAdapter, resolveDestination } from "./resolve-store.ts";

type Surroundings = {
  readonly env: Environment;
  readonly allowedHosts: readonly AllowedHost[];
  readonly registry: Registry;
};
type Around = Surroundings & { readonly schemas: DocumentSchemas };
export type Documents = Pick<DirectoryReading, "base" | "overlay">;
export type ReadInput = (documents: Documents) => Pick<ActivationInput, "base" | "overlay">;

/** The returned function never throws; a document that isn't valid becomes a fault in its place. */
export function makeReadInput(surroundings: Surroundings): ReadInput {
  const around = { ...surroundings, schemas: makeDocumentSchemas(surroundings.registry) };
  return ({ base, overlay }) => ({ base: readBase(base, around), overlay: readOverlay(overlay, around) });
}

function readBase(file: Documents["base"], around: Around): ActivationInput["base"] {
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    return { kind: "valid", value: lookUp(parseBase(file.text, around.schemas), around) };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}

function lookUp({ primary, dualRead, normalization, exactSearch }: BaseConfig, around: Around): BaseReading {
  const shadow = dualRead.enabled ? dualRead.shadow : undefined;
  const plain = shadow === undefined ? [] : plainCredentials(shadow, around.registry, "dualRead.shadow");
  return {
    source: resolveBaseAdapter(primary, around, "primary"),
    shadow: shadow === undefined ? null : resolveBaseAdapter(shadow, around, "dualRead.shadow"),
    sampleRate: dualRead.sampleRate,
    normalization,
    exactSearch: exactSearch ?? null,
    plainCredentials: [...plainCredentials(primary, around.registry, "primary"), ...plain],
  };
}

function readOverlay(file: Documents["overlay"], around: Around): ActivationInput["overlay"] {
  if (file === "absent") return { kind: "absent" };
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    const { overlay, hash } = parseOverlay(file.text, around.schemas);
    const destination = resolveDestination(overlay.destination, around, around.allowedHosts);
    return { kind: "valid", value: { overlay, hash, destination } };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}
