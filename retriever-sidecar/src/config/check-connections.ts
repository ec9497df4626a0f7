// `check-config`: what would fail or be slow of every store that a file names, without serving from it. With `--connect`
// the stores are asked; without it nothing leaves the process.
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import type { StoreChoice } from "@retriever/stores/config/store-spec.ts";
import { errorTable, type Fault, faultOf, printable, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { BackendDeps } from "@retriever/stores/ports/backend.ts";
import type { CheckOptions, Finding } from "@retriever/stores/ports/store-check.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { type ConfigFile, describeConfig, readConfig } from "./check-file.ts";
import type { Environment } from "./credentials.ts";
import { makeReadInput } from "./read-input.ts";
import { parseSettings } from "./settings.ts";

export type CheckedStore = {
  /** Where it stands in the document. */
  readonly place: string;
  /** Null: even its location depends on what is missing. */
  readonly label: string | null;
  readonly findings: readonly Finding[];
};
type Deps = {
  readonly env: Environment;
  readonly registry: Registry;
  readonly deadlineSeconds: string;
  /** Whether the stores are asked. */
  readonly connect: boolean;
};
type Checked = { readonly summary: string; readonly stores: readonly CheckedStore[] };

/** Throws RETR_CONFIG_INVALID for a file that isn't valid; whatever a store does is a finding. */
export async function checkConfig(file: string, deps: Deps): Promise<Checked> {
  const config = readConfig(file);
  const summary = describeConfig(config, deps.registry);
  const { stores, filterable, plainCredentials } = namedIn(config, file, deps);
  const deadlineMs = Number(deps.deadlineSeconds) * 1000;
  if (!(deadlineMs >= 1 && deadlineMs <= 600_000)) {
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: "--deadline: expected seconds, at most 600" });
  }
  const checked = Object.entries(stores).map(async ([place, choice]) => {
    const asked = { place, filterable, registry: deps.registry, signal: AbortSignal.timeout(deadlineMs) };
    const found = deps.connect ? await checkStore(choice, asked) : checkUnasked(choice, place, deps.env);
    const plain = plainCredentials.filter((path) => path.startsWith(`${place}.`));
    return {
      place,
      label: choice.identity?.label ?? null,
      findings: [...found, ...plain.map((path) => plainFinding(path, place))],
    };
  });
  return { summary, stores: await Promise.all(checked) };
}

/** What only the pod has: variables, files, and which hosts it may reach. */
const ofThePod: readonly string[] = ["RETR_CREDENTIAL_MISSING", "RETR_BACKEND_TLS"];

function checkUnasked({ resolved }: StoreChoice, place: string, env: Environment): readonly Finding[] {
  if ("fault" in resolved) {
    const { code, message } = resolved.fault;
    const isElsewhere =
      ofThePod.includes(code) || (code === "RETR_HOST_NOT_ALLOWED" && env["RETRIEVER_ALLOWED_HOSTS"] === undefined);
    const finding = findingOf(resolved.fault, place);
    return [isElsewhere ? { ...finding, level: "ok", found: `left to the pod: ${message}` } : finding];
  }
  const { tls } = resolved.spec;
  const how = tls === undefined ? "" : tls === null ? " in plain text" : " over TLS";
  return [{ level: "ok", field: "kind", found: `to be reached${how}; --connect asks it`, remedy: null }];
}

function plainFinding(path: string, place: string): Finding {
  const remedy = "Name a variable (fromEnv) or a file (fromFile) that the pod gets from a Secret.";
  return { level: "ok", field: path.slice(place.length + 1), found: "stands here in plain text", remedy };
}

/** 0: nothing is wrong, 1: something is slow, 2: something fails. */
export function exitCodeOf(stores: readonly CheckedStore[]): 0 | 1 | 2 {
  const levels = new Set(stores.flatMap(({ findings }) => findings.map(({ level }) => level)));
  if (levels.has("fails")) return 2;
  return levels.has("slow") ? 1 : 0;
}

/** A line for each finding, its remedy below it. */
export function printChecks(stores: readonly CheckedStore[]): string {
  const all = stores.flatMap(({ findings }) => findings);
  const count = (level: Finding["level"]): string => `${all.filter((each) => each.level === level).length} ${level}`;
  const lines = stores.flatMap(({ place, label, findings }) => [
    `${place} ${label ?? "(unknown place)"}`,
    ...findings.flatMap(({ level, field, found, remedy }) => [
      `  ${level.padEnd(5)}  ${field}: ${found}`,
      ...(remedy === null ? [] : [`         ${remedy}`]),
    ]),
  ]);
  return `${[...lines, `${count("ok")}, ${count("slow")}, ${count("fails")}`].join("\n")}\n`;
}

type Named = {
  readonly stores: Readonly<Record<string, StoreChoice>>;
  readonly filterable: Filterable | undefined;
  readonly plainCredentials: readonly string[];
};

/** An overlay doesn't say what may be filtered by: its base does. */
function namedIn({ text, isOverlay }: ConfigFile, file: string, { env, registry }: Deps): Named {
  const read = makeReadInput({ env, registry, allowedHosts: parseSettings({ config: file }, env).allowedHosts });
  if (isOverlay) {
    const none = { fault: { code: "RETR_CONFIG_INVALID", message: "no base" } } as const;
    const { overlay } = read({ base: none, overlay: { text } });
    if (overlay.kind === "invalid") throw new RetrieverError(overlay.fault);
    const stores = overlay.kind === "absent" ? {} : { destination: overlay.value.destination };
    return { stores, filterable: undefined, plainCredentials: [] };
  }
  const { base } = read({ base: { text }, overlay: "absent" });
  if (base.kind === "invalid") throw new RetrieverError(base.fault);
  const { source, shadow, filterable, plainCredentials } = base.value;
  const stores = { primary: source, ...(shadow === null ? {} : { "dualRead.shadow": shadow }) };
  return { stores, filterable, plainCredentials };
}

type Check = CheckOptions & { readonly place: string; readonly registry: Registry };

async function checkStore(
  { resolved }: StoreChoice,
  { place, registry, ...options }: Check,
): Promise<readonly Finding[]> {
  if ("fault" in resolved) return [findingOf(resolved.fault, place)];
  const { spec } = resolved;
  const adapter = adapterOf(registry, spec);
  if (adapter.checkStore !== undefined) return (await adapter.checkStore(spec, options)).map(readable);
  const backend = adapter.makeBackend(spec, probeDeps);
  try {
    const { fault, dimension } = await backend.probe(options.signal);
    if (fault !== null) return [findingOf(fault, place)];
    return [{ level: "ok", field: "kind", found: `reached, ${dimension ?? "unknown"} dimensions`, remedy: null }];
  } catch (error) {
    return [findingOf(faultOf(error), place)];
  } finally {
    await backend.close();
  }
}

/** Names of a store stand in what it found. */
function readable(finding: Finding): Finding {
  const remedy = finding.remedy === null ? null : printable(finding.remedy);
  return { ...finding, field: printable(finding.field), found: printable(finding.found), remedy };
}

/** Of a backend that only is probed. */
const probeDeps: BackendDeps = {
  similarity: (_, value) => value,
  clock: { wallMs: () => 0, monotonicMs: () => 0 },
};

/** A fault names its place within the whole document. */
function findingOf({ code, message, path }: Fault, place: string): Finding {
  const field = path?.replace(`${place}.`, "") ?? "kind";
  return { level: "fails", field, found: message, remedy: errorTable[code].remedy };
}
