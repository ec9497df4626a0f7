// Documents as text to what the activation rules decide on: parsed, with stores looked up in this pod.
import type { BaseAdapter } from "#contract/adapter.ts";
import type { BaseConfig } from "#contract/base.ts";
import type { ActivationInput, BaseReading } from "#core/activation-decision.ts";
import type { AllowedHost } from "#core/allowed-hosts.ts";
import { faultOf } from "#errors.ts";
import type { Environment } from "./credentials.ts";
import { parseBase, parseOverlay } from "./parse-document.ts";
import type { DirectoryReading } from "./read-directory.ts";
import { resolveBaseAdapter, resolveDestination } from "./resolve-store.ts";

export type Surroundings = { readonly env: Environment; readonly allowedHosts: readonly AllowedHost[] };
export type Documents = Pick<DirectoryReading, "base" | "overlay">;

/** Never throws; a document that isn't valid becomes a fault in its place. */
export function readInput(documents: Documents, around: Surroundings): Pick<ActivationInput, "base" | "overlay"> {
  return { base: readBase(documents.base, around), overlay: readOverlay(documents.overlay, around) };
}

function readBase(file: Documents["base"], { env }: Surroundings): ActivationInput["base"] {
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    return { kind: "valid", value: lookUp(parseBase(file.text), env) };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}

function lookUp({ primary, dualRead, normalization }: BaseConfig, env: Environment): BaseReading {
  const shadow = dualRead.enabled ? dualRead.shadow : undefined;
  return {
    source: resolveBaseAdapter(primary, env, "primary"),
    shadow: shadow === undefined ? null : resolveBaseAdapter(shadow, env, "dualRead.shadow"),
    sampleRate: dualRead.sampleRate,
    normalization,
    plainCredentials: [...plainCredentials(primary, "primary"), ...plainCredentials(shadow, "dualRead.shadow")],
  };
}

function plainCredentials(adapter: BaseAdapter | undefined, path: string): string[] {
  if (adapter?.kind === "qdrant") return typeof adapter.apiKey === "string" ? [`${path}.apiKey`] : [];
  return typeof adapter?.connectionString === "string" ? [`${path}.connectionString`] : [];
}

function readOverlay(file: Documents["overlay"], around: Surroundings): ActivationInput["overlay"] {
  if (file === "absent") return { kind: "absent" };
  if ("fault" in file) return { kind: "invalid", fault: file.fault };
  try {
    const { overlay, hash } = parseOverlay(file.text);
    const destination = resolveDestination(overlay.destination, around.env, around.allowedHosts);
    return { kind: "valid", value: { overlay, hash, destination } };
  } catch (error) {
    return { kind: "invalid", fault: faultOf(error) };
  }
}
