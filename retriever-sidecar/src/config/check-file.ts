// The file that `check-config` is given: a base, an overlay, or the ConfigMap that holds one; checked as the sidecar would.
import { basename } from "node:path";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import { parseAllDocuments } from "yaml";
import { baseFileNames } from "#contract/base.ts";
import { overlayFileName } from "#contract/overlay.ts";
import { makeDocumentSchemas, parseBase, parseOverlay, plainValue } from "./parse-document.ts";
import { mostConfigBytes, readNamedFile } from "./small-file.ts";

/** What is checked, and where it was found, as messages name it. */
export type ConfigFile = { readonly text: string; readonly isOverlay: boolean; readonly place: string };

/** One sentence on a valid file. Throws RETR_CONFIG_INVALID with every fault and its path. */
export function describeConfig({ text, isOverlay, place }: ConfigFile, registry: Registry): string {
  const schemas = makeDocumentSchemas(registry);
  if (isOverlay) {
    const { overlay, ignoredKeys } = parseOverlay(text, schemas);
    const ignored = ignoredKeys.length === 0 ? "" : `; not known here and left out: ${ignoredKeys.join(", ")}`;
    return `${place}: valid overlay, epoch ${overlay.revision.epoch}, primary ${overlay.primary}${ignored}`;
  }
  const base = parseBase(text, schemas);
  return `${place}: valid base, primary ${base.primary.kind}, dual read ${base.dualRead.enabled ? "on" : "off"}`;
}

/** Reads it. Throws RETR_CONFIG_INVALID. */
export function readConfig(file: string): ConfigFile {
  const text = readIt(file);
  if (text === undefined) throw invalid(`${file}: expected at most ${mostConfigBytes} bytes`);
  return heldIn(file, text) ?? { text, isOverlay: basename(file) === overlayFileName, place: file };
}

function readIt(file: string): string | undefined {
  try {
    return readNamedFile(file, mostConfigBytes);
  } catch {
    throw invalid(`${file}: expected a readable file`);
  }
}

/** What a ConfigMap holds, as a person has it at hand; undefined where the file is none. */
function heldIn(file: string, text: string): ConfigFile | undefined {
  if (!/["']?kind["']?:\s*["']?ConfigMap\b/.test(text)) return undefined;
  const parsed = parseAllDocuments(text, { prettyErrors: false });
  const values = Array.isArray(parsed) ? parsed.map((document) => plainValue(document, file)) : [];
  const maps = values.filter(isConfigMap);
  if (maps.length === 0) return undefined;
  const names = [...baseFileNames, overlayFileName];
  const held = maps.flatMap(({ data = {} }) =>
    names.flatMap((name) => (name in data ? [{ name, value: data[name] }] : [])),
  );
  const [only] = held;
  if (only === undefined || held.length > 1 || typeof only.value !== "string") {
    const found = held.length === 0 ? "none" : held.map(({ name }) => name).join(", ");
    throw invalid(`${file}: this is a ConfigMap; expected one of ${names.join(", ")} in its data, found ${found}`);
  }
  return { text: only.value, isOverlay: only.name === overlayFileName, place: `${file}, data["${only.name}"]` };
}

type ConfigMap = { readonly kind: "ConfigMap"; readonly data?: Readonly<Record<string, unknown>> };

function isConfigMap(value: unknown): value is ConfigMap {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "ConfigMap";
}

function invalid(message: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message });
}
