// A document of the pages, told by what stands in it, and held to the schema that the code reads it with. Pure.
import { parse, parseAllDocuments } from "yaml";
import * as kinds from "../../crds/src/manifest/kinds.ts";
import type { KindDefinition } from "../../crds/src/manifest/to-crd.ts";
import { parseMigrationActSpec, parseMigrationSpec } from "../../crds/src/parse.ts";
import { migrationSpecSchema } from "../../crds/src/spec/migration-spec.ts";
import { parseSources } from "../../operator/src/adapters/prometheus/sources-file.ts";
import { parseSinks } from "../../operator/src/notify/sinks-file.ts";
import { baseConfigSchema, baseFileNames } from "../../retriever-sidecar/src/contract/base.ts";
import { retrieveEnvelopeSchema } from "../../retriever-sidecar/src/contract/retrieve.ts";

type Fields = Readonly<Record<string, unknown>>;
type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };
/** A schema of zod, as far as it is asked here. */
type Schema = { readonly safeParse: (value: unknown) => { readonly error?: { readonly issues: readonly Issue[] } } };

/** What is wrong with a block of YAML or JSON; undefined where it is part of a document that nobody here reads. */
export function faultsOfText(text: string, complete: Fields): string[] | undefined {
  const whole = text.startsWith("{") || !text.startsWith('"') ? text : `{${text}}`;
  const documents = parseAllDocuments(whole, { version: "1.1" });
  const broken = documents.flatMap(({ errors }) => errors.map(({ message }) => message));
  if (broken.length > 0) return broken;
  const judged = documents.map((document) => faultsOf(document.toJS() as Fields, whole, complete));
  return judged.every((faults) => faults === undefined) ? undefined : judged.flatMap((faults) => faults ?? []);
}

/** `complete`: a spec that a part of a spec is put into. */
function faultsOf(document: Fields, text: string, complete: Fields): string[] | undefined {
  const has = (name: string): boolean => name in document;
  if (has("kind")) return faultsOfObject(document);
  if (has("primary")) return issues(baseConfigSchema, document);
  if (has("filterable") || has("select")) return issues(baseConfigSchema, { ...aBase, ...document });
  if (has("embedding")) return requestFaults(document);
  // An answer; the test of its page asks for it.
  if (has("candidates")) return [];
  if (has("prometheus")) return thrown(() => parseSources(text));
  if (has("sinks")) return thrown(() => parseSinks(text));
  const parts = has("spec") && Object.keys(document).length === 1 ? (document["spec"] as Fields) : document;
  if (!Object.keys(parts).every((name) => name in migrationSpecSchema.shape)) return undefined;
  return specFaults({ ...complete, ...parts });
}

function requestFaults(request: Fields): string[] {
  const { embedding: _, ...envelope } = request;
  return issues(retrieveEnvelopeSchema, envelope);
}

const aBase = { primary: { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" } };

/** Objects of other groups are the API server's to judge. */
function faultsOfObject({ apiVersion, kind, spec, data }: Fields): string[] {
  if (kind === "ConfigMap") return faultsOfBases((data ?? {}) as Readonly<Record<string, string>>);
  const { group, version } = kinds.migrationKind;
  if (!String(apiVersion).startsWith(`${group}/`)) return [];
  if (apiVersion !== `${group}/${version}`) return [`${String(apiVersion)}: expected ${group}/${version}`];
  if (kind === kinds.migrationKind.names.kind) return specFaults(spec);
  if (kind === kinds.migrationActKind.names.kind) return faultLines(parseMigrationActSpec(spec));
  const others: readonly KindDefinition[] = Object.values(kinds);
  const known = others.find(({ names }) => names.kind === kind);
  return known === undefined ? [`${String(kind)}: no such kind`] : issues(known.spec, spec);
}

function specFaults(spec: unknown): string[] {
  return faultLines(parseMigrationSpec(spec));
}

function faultLines(
  parsed: ReturnType<typeof parseMigrationSpec> | ReturnType<typeof parseMigrationActSpec>,
): string[] {
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

function faultsOfBases(data: Readonly<Record<string, string>>): string[] {
  const bases = Object.entries(data).filter(([name]) => baseFileNames.some((known) => known === name));
  return bases.flatMap(([, text]) => issues(baseConfigSchema, parse(text)));
}

function issues(schema: Schema, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function thrown(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [String(error)];
  }
}
