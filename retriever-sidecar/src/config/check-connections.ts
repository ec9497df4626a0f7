// `check-config --connect`: asks every store that a file names what would fail or be slow, without serving from it.
import { basename } from "node:path";
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import type { StoreChoice } from "@retriever/stores/config/store-spec.ts";
import { errorTable, type Fault, faultOf, printable, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { BackendDeps } from "@retriever/stores/ports/backend.ts";
import type { CheckOptions, Finding } from "@retriever/stores/ports/store-check.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { overlayFileName } from "#contract/overlay.ts";
import { readConfig } from "./check-file.ts";
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
type Deps = { readonly env: Environment; readonly registry: Registry; readonly deadlineSeconds: string };

/** Throws RETR_CONFIG_INVALID for a file that isn't valid; whatever a store does is a finding. */
export async function checkConnections(file: string, deps: Deps): Promise<readonly CheckedStore[]> {
  const { stores, filterable } = namedIn(file, deps);
  const deadlineMs = Number(deps.deadlineSeconds) * 1000;
  if (!(deadlineMs >= 1 && deadlineMs <= 600_000)) {
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: "--deadline: expected seconds, at most 600" });
  }
  return Promise.all(
    Object.entries(stores).map(async ([place, choice]) => ({
      place,
      label: choice.identity?.label ?? null,
      findings: await checkStore(choice, {
        place,
        filterable,
        registry: deps.registry,
        signal: AbortSignal.timeout(deadlineMs),
      }),
    })),
  );
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

type Named = { readonly stores: Readonly<Record<string, StoreChoice>>; readonly filterable: Filterable | undefined };

/** An overlay doesn't say what may be filtered by: its base does. */
function namedIn(file: string, { env, registry }: Deps): Named {
  const text = readConfig(file);
  const read = makeReadInput({ env, registry, allowedHosts: parseSettings({ config: file }, env).allowedHosts });
  if (basename(file) === overlayFileName) {
    const none = { fault: { code: "RETR_CONFIG_INVALID", message: "no base" } } as const;
    const { overlay } = read({ base: none, overlay: { text } });
    if (overlay.kind === "invalid") throw new RetrieverError(overlay.fault);
    const stores = overlay.kind === "absent" ? {} : { destination: overlay.value.destination };
    return { stores, filterable: undefined };
  }
  const { base } = read({ base: { text }, overlay: "absent" });
  if (base.kind === "invalid") throw new RetrieverError(base.fault);
  const { source, shadow, filterable } = base.value;
  return { stores: { primary: source, ...(shadow === null ? {} : { "dualRead.shadow": shadow }) }, filterable };
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
