// Judges every import against .dependency-cruiser.mjs, and first that the judge sees: an unsupported compiler
// makes the tool read no module at all and report success.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import { plants, plantViolations, soundImports } from "./planted-violations.ts";
import type { Rule } from "./rule-paths.ts";

const root = join(import.meta.dirname, "../..");

/** Every folder with sources. */
export const workspaceFolders = [
  "stores",
  "crds",
  "operator",
  "retriever-sidecar",
  "retriever-data",
  "kubectl-retriever",
  "e2e",
  "tools",
];

type Violation = { readonly rule: string; readonly from: string; readonly to: string };
/** `specifier` as it stands in the file at `from`, and the path it means. */
type Import = { readonly from: string; readonly specifier: string; readonly to: string };
type Cruise = {
  readonly modules: number;
  readonly imports: readonly Import[];
  readonly violations: readonly Violation[];
};

type CruiseResult = {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly module: string; readonly resolved: string }[];
  }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
};

/** Reads all modules of the given folders under `cwd`. Throws when the tool itself fails. */
export async function cruise(cwd: string, folders: readonly string[]): Promise<Cruise> {
  const tool = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const config = join(root, ".dependency-cruiser.mjs");
  const command = [process.execPath, tool, "--config", config, "--output-type", "json", ...folders];
  const { stdout, output } = await runCommand(command, { cwd, deadlineSeconds: 60 });
  if (!stdout.startsWith("{")) throw new Error(`dependency-cruiser gave no result:\n${output}`);
  const result = JSON.parse(stdout) as CruiseResult;
  return {
    modules: result.modules.filter(({ source }) => source.endsWith(".ts")).length,
    imports: result.modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ module, resolved }) => ({ from: source, specifier: module, to: resolved })),
    ),
    violations: result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

/** What the matrix misses or wrongly refuses on the planted tree; empty when every rule works. */
export async function complaintsAboutMatrix(): Promise<string[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "retriever-matrix-")));
  try {
    plantViolations(root, folder);
    const { violations } = await cruise(folder, workspaceFolders);
    const blind = plants
      .filter(
        ({ rule, file }) => !violations.some((found) => found.rule === rule && [found.from, found.to].includes(file)),
      )
      .map(({ rule, file, imports }) => `${rule} doesn't see ${file} importing ${imports}`);
    const wrong = soundImports.flatMap(({ file, imports }) =>
      violations.filter(({ from }) => from === file).map(({ rule }) => `${rule} refuses ${file} importing ${imports}`),
    );
    return [...blind, ...wrong];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All rules of the configuration. */
export async function rules(): Promise<readonly Rule[]> {
  const { default: config } = (await import(join(root, ".dependency-cruiser.mjs"))) as {
    default: { readonly forbidden: readonly Rule[] };
  };
  return config.forbidden;
}
