// `check-config`: checks a file as the sidecar would, without connecting to anything.
import { basename } from "node:path";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import { overlayFileName } from "#contract/overlay.ts";
import { makeDocumentSchemas, parseBase, parseOverlay } from "./parse-document.ts";
import { mostConfigBytes, readNamedFile } from "./small-file.ts";

/** One sentence on a valid file. Throws RETR_CONFIG_INVALID with every fault and its path. */
export function checkFile(file: string, registry: Registry): string {
  const text = readConfig(file);
  const schemas = makeDocumentSchemas(registry);
  if (basename(file) === overlayFileName) {
    const { overlay, ignoredKeys } = parseOverlay(text, schemas);
    const ignored = ignoredKeys.length === 0 ? "" : `; not known here and left out: ${ignoredKeys.join(", ")}`;
    return `${file}: valid overlay, epoch ${overlay.revision.epoch}, primary ${overlay.primary}${ignored}`;
  }
  const base = parseBase(text, schemas);
  return `${file}: valid base, primary ${base.primary.kind}, dual read ${base.dualRead.enabled ? "on" : "off"}`;
}

/** The file's text. Throws RETR_CONFIG_INVALID. */
export function readConfig(file: string): string {
  const text = readIt(file);
  if (text !== undefined) return text;
  throw invalid(`${file}: expected at most ${mostConfigBytes} bytes`);
}

function readIt(file: string): string | undefined {
  try {
    return readNamedFile(file, mostConfigBytes);
  } catch {
    throw invalid(`${file}: expected a readable file`);
  }
}

function invalid(message: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message });
}
