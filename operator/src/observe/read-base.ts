// The base among the ConfigMaps of the config directory. Faults name places, never values: a base may hold secrets.
import { baseConfigSchema, baseFileNames } from "@retriever/sidecar/contract/base.ts";
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
    const text = configMap.data[key];
    return text !== undefined && baseFileNames.some((name) => name === path) ? [{ path, text }] : [];
  });
}

/** JSON is YAML, so one reader serves both; its messages quote the text, hence only place and code are passed on. */
function faultsOfBase(text: string): ConfigFault[] {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    return [{ path: "(root)", message: `expected JSON or YAML; line ${line}: ${error.code}` }];
  }
  const parsed = baseConfigSchema.safeParse(toPlain(document));
  return parsed.success ? [] : faultsOf(parsed.error);
}

function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}
