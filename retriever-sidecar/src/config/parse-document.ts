// Text to base or overlay. A refusal lists every fault with its path and never quotes a value: it may be a secret.
import { hash } from "node:crypto";
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import { type Document, parseDocument } from "yaml";
import type { z } from "zod";
import { makeBaseConfigSchema } from "#contract/base.ts";
import { isReadableYaml, maxBaseChars, maxYamlLines, maxYamlMarks } from "#contract/base-text.ts";
import { makeOverlaySchema, maxOverlayChars } from "#contract/overlay.ts";
import { maxIgnoredKeys, maxKeyChars } from "#contract/status.ts";

/** Schemas of base and overlay. Made once: building them costs more than parsing a document. */
export function makeDocumentSchemas(registry: Registry) {
  return { base: makeBaseConfigSchema(registry), overlay: makeOverlaySchema(registry) };
}

export type DocumentSchemas = ReturnType<typeof makeDocumentSchemas>;
export type BaseConfig = z.infer<DocumentSchemas["base"]>;
type OverlayDocument = z.infer<DocumentSchemas["overlay"]>;

/** A base in JSON or YAML. Throws RETR_CONFIG_INVALID. */
export function parseBase(text: string, { base }: DocumentSchemas): BaseConfig {
  return check(base, parseYaml(text), "base");
}

type OverlayText = {
  readonly overlay: OverlayDocument;
  /** SHA-256 of the exact text. */
  readonly hash: string;
  /** Keys that this version doesn't know and leaves out, dotted; the first ones. */
  readonly ignoredKeys: readonly string[];
};

/**
 * An overlay, which a newer operator may have written: what it says beyond this version is left out, what this version
 * knows must be right. Throws RETR_CONFIG_INVALID.
 */
export function parseOverlay(text: string, { overlay }: DocumentSchemas): OverlayText {
  if (text.length > maxOverlayChars) throw invalid(`overlay: expected at most ${maxOverlayChars} characters`);
  const value = parseJson(text, "overlay");
  const { data, unknown } = parseKnown(overlay, value);
  const ignoredKeys = unknown.slice(0, maxIgnoredKeys).map((path) => path.slice(0, maxKeyChars));
  return { overlay: data ?? check(overlay, value, "overlay"), hash: hash("sha256", text), ignoredKeys };
}

/** JSON, or RETR_CONFIG_INVALID without the parser's own message, which quotes the text. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${name}: expected valid JSON`);
  }
}

/** JSON is YAML too; the YAML parser gives the line of a fault in either. What is too much for it must be JSON. */
function parseYaml(text: string): unknown {
  if (text.length > maxBaseChars)
    throw invalid(`base: expected at most ${maxBaseChars} characters, got ${text.length}`);
  if (!isReadableYaml(text)) return parseJson(text, `base of more than ${maxYamlLines} lines or ${maxYamlMarks} marks`);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true, stringKeys: true });
  const [fault] = document.errors;
  if (fault === undefined) return plainValue(document, "base");
  const line = text.slice(0, fault.pos[0]).split("\n").length;
  throw invalid(`base: expected valid JSON or YAML, line ${line} isn't (${fault.code})`);
}

/** The document's value. Throws RETR_CONFIG_INVALID without the parser's own message, which quotes an alias. */
export function plainValue(document: Pick<Document, "toJS">, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 }) as unknown;
  } catch {
    throw invalid(`${name}: expected every alias (*name) to have its anchor, and few of them`);
  }
}

/** No document has so many levels, but one in which an alias stands within what it names. */
const mostLevels = 100;

/** Schemas of records drop it without a word. */
function hasProto(value: unknown, name: string, level = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (level > mostLevels)
    throw invalid(`${name}: expected at most ${mostLevels} levels, and no alias within its anchor`);
  return Object.hasOwn(value, "__proto__") || Object.values(value).some((each) => hasProto(each, name, level + 1));
}

function check<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  if (hasProto(value, name)) throw invalid(`${name}: expected no field named __proto__`);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = faultsOf(result.error);
  const list = faults.slice(0, 20).map((fault) => `${fault.path}: ${fault.message}`);
  throw invalid(`${name}: ${list.join("; ")}`.slice(0, 1900), faults[0]?.path);
}

function invalid(message: string, path?: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message, ...(path === undefined ? {} : { path }) });
}
