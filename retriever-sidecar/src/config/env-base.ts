// A base in environment variables instead of a file. It has no overlay, so it can't be migrated.

import { faultOf } from "@retriever/stores/errors.ts";
import type { Environment } from "./credentials.ts";
import { parseJson } from "./parse-document.ts";
import type { Documents } from "./read-input.ts";

/** RETRIEVER_PRIMARY_KIND, RETRIEVER_PRIMARY_CONFIG and RETRIEVER_NORMALIZATION as the text of a base. */
export function readEnvBase(env: Environment): Documents {
  try {
    const primary = asObject(parseJson(env["RETRIEVER_PRIMARY_CONFIG"] ?? "{}", "RETRIEVER_PRIMARY_CONFIG"));
    const base = { primary: { ...primary, kind: env["RETRIEVER_PRIMARY_KIND"] }, ...readNormalization(env) };
    return { base: { text: JSON.stringify(base) }, overlay: "absent" };
  } catch (error) {
    return { base: { fault: faultOf(error) }, overlay: "absent" };
  }
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** Either the bare name of a strategy or the JSON object of a base. */
function readNormalization(env: Environment): { readonly normalization?: unknown } {
  const text = env["RETRIEVER_NORMALIZATION"];
  if (text === undefined) return {};
  if (!text.trimStart().startsWith("{")) return { normalization: { strategy: text } };
  return { normalization: parseJson(text, "RETRIEVER_NORMALIZATION") };
}
