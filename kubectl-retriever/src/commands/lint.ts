// The command `lint`: everything that is wrong with files, at once, before any cluster sees them.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { type LocatedDocument, readDocuments } from "#files/documents.ts";
import { type Files, fileFault } from "#files/files.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import type { Surroundings } from "#surroundings.ts";
import { type Checked, checkDocument, ownKinds } from "./check-document.ts";

export type OfflineTools = {
  readonly files: Files;
  /** Measured traffic is larger than a manifest. */
  readonly trafficFiles: Files;
  readonly terminal: Terminal;
  readonly workers: Surroundings["workers"];
  readonly signal: AbortSignal;
};

/** Checks every document of every file. Exit code 0, 2 with faults in a document, 1 when a file can't be read. */
export async function lintFiles(paths: readonly string[], tools: OfflineTools): Promise<number> {
  const codes: number[] = [];
  for (const path of paths) codes.push(await lintFile(path, tools));
  if (codes.includes(exitCodes.error)) return exitCodes.error;
  return codes.includes(exitCodes.refused) ? exitCodes.refused : exitCodes.ok;
}

async function lintFile(path: string, tools: OfflineTools): Promise<number> {
  const { terminal } = tools;
  const loaded = await loadFile(path, tools);
  if (loaded.code !== exitCodes.ok) return loaded.code;
  for (const { line, checked } of loaded.found) terminal.print(`${path}:${line}: ${describe(checked)}`);
  if (loaded.found.length > 0) return exitCodes.ok;
  terminal.warn(`${path}: nothing to check; expected a document of kind ${ownKinds.join(", ")}`);
  return exitCodes.error;
}

function describe(checked: Checked): string {
  if (checked.kind === "RehearsalScenario")
    return `RehearsalScenario with ${checked.scenario.events.length} events: ok`;
  const { namespace, name } = checked.named;
  const plan = checked.kind === "RetrieverMigration" ? `, plan ${planHash(checked.spec)}` : "";
  return `${checked.kind} ${namespace}/${name}: ok${plan}`;
}

type Found = { readonly line: number; readonly checked: Checked };
type Loaded = { readonly code: number; readonly found: readonly Found[] };

/** Every document of ours in a file. Faults are said, all of them, each with its line; `code` is the exit code. */
export async function loadFile(path: string, { files, terminal }: OfflineTools): Promise<Loaded> {
  let text: string;
  try {
    text = await files.read(path);
  } catch (fault) {
    terminal.warn(fileFault("read", path, fault));
    return { code: exitCodes.error, found: [] };
  }
  const { documents, faults } = readDocuments(text);
  for (const { line, message } of faults) terminal.warn(`${path}:${line}: ${message}`);
  const found: Found[] = [];
  let code: number = faults.length > 0 ? exitCodes.error : exitCodes.ok;
  for (const document of documents) {
    const result = checkDocument(document);
    if (result === undefined) {
      terminal.warn(`${path}:${document.firstLine}: kind ${document.kind || "not given"} is not checked`);
    } else if (result.ok) {
      found.push({ line: document.firstLine, checked: result.checked });
    } else {
      for (const fault of result.faults)
        terminal.warn(`${path}:${lineOf(document, fault.path)}: ${fault.path}: ${fault.message}`);
      if (code === exitCodes.ok) code = exitCodes.refused;
    }
  }
  return { code, found };
}

/** Paths of a scenario begin with the word `scenario`, which isn't in the file. */
function lineOf(document: LocatedDocument, path: string): number {
  return document.lineOf(path.replace(/^scenario(?=$|[.[])\.?/, ""));
}
