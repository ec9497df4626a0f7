// The base among the ConfigMaps of the config directory. Faults name places, never values: a base may hold secrets.
import { hash } from "node:crypto";
import { baseConfigSchema, baseFileNames } from "@retriever/sidecar/contract/base.ts";
import { isReadableYaml, maxBaseChars, maxYamlLines, maxYamlMarks } from "@retriever/sidecar/contract/base-text.ts";
import { type ConfigFault, faultsOf } from "@retriever/stores/config/config-fault.ts";
import { parseDocument } from "yaml";
import type { ConfigMapRead, ConfigSource } from "#ports/cluster.ts";

type BaseRead = { readonly configMaps: readonly string[]; readonly faults: readonly ConfigFault[] };

/** A source of the volume together with the ConfigMap it names; undefined when that doesn't exist. */
export type FilledSource = { readonly source: ConfigSource; readonly configMap: ConfigMapRead | undefined };

/** Which ConfigMaps bring a base file, and the faults of the base when it is exactly one. */
export function readBase(filled: readonly FilledSource[]): BaseRead {
  const found = filled.flatMap(({ source, configMap }) => {
    const files = configMap === undefined || source.optional ? [] : baseFilesOf(source, configMap);
    return files.length === 0 ? [] : [{ name: source.configMap, files }];
  });
  const configMaps = [...new Set(found.map(({ name }) => name))];
  const [first] = found;
  if (configMaps.length !== 1 || first === undefined) return { configMaps, faults: [] };
  const [file] = first.files;
  if (first.files.length > 1 || file === undefined) {
    const names = first.files.map(({ path }) => path).join(", ");
    return { configMaps, faults: [{ path: "(root)", message: `expected one base file, found ${names}` }] };
  }
  return { configMaps, faults: faultsOfBase(file.text) };
}

function baseFilesOf(
  source: ConfigSource,
  configMap: ConfigMapRead,
): { readonly path: string; readonly text: string }[] {
  const items = source.items ?? Object.keys(configMap.data).map((key) => ({ key, path: key }));
  return items.flatMap(({ key, path }) => {
    // A template may name any key: `constructor` is one that every object has.
    const text = Object.hasOwn(configMap.data, key) ? configMap.data[key] : undefined;
    return text !== undefined && baseFileNames.some((name) => name === path) ? [{ path, text }] : [];
  });
}

/** The same text is looked at in every reconcile: its faults are found once. */
const known = new Map<string, ConfigFault[]>();
const mostKnown = 500;

function faultsOfBase(text: string): ConfigFault[] {
  if (text.length > maxBaseChars)
    return [{ path: "(root)", message: `expected at most ${maxBaseChars} characters, got ${text.length}` }];
  const key = hash("sha256", text);
  const before = known.get(key);
  if (before !== undefined) return before;
  const faults = findFaults(text);
  if (known.size >= mostKnown) known.clear();
  known.set(key, faults);
  return faults;
}

function findFaults(text: string): ConfigFault[] {
  const read = isReadableYaml(text) ? readYaml(text) : readJson(text);
  if ("fault" in read) return [{ path: "(root)", message: read.fault }];
  const parsed = baseConfigSchema.safeParse(read.value);
  return parsed.success ? [] : faultsOf(parsed.error).slice(0, mostFaults).map(cut);
}

/** What a status can hold of them. */
const mostFaults = 10;
const mostChars = 200;

function cut({ path, message }: ConfigFault): ConfigFault {
  return { path: path.slice(0, mostChars), message: message.slice(0, mostChars) };
}

type Parsed = { readonly value: unknown } | { readonly fault: string };

/** JSON is YAML, so one reader serves both; its messages quote the text, hence only place and code are passed on. */
function readYaml(text: string): Parsed {
  try {
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
    const [error] = document.errors;
    if (error === undefined) return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
    const line = text.slice(0, error.pos[0]).split("\n").length;
    return { fault: `expected JSON or YAML; line ${line}: ${error.code}` };
  } catch {
    // Aliases without end, or nesting beyond the stack.
    return { fault: "expected JSON or YAML of plain values" };
  }
}

function readJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: `expected JSON, or YAML of at most ${maxYamlLines} lines and ${maxYamlMarks} marks such as ":"` };
  }
}
