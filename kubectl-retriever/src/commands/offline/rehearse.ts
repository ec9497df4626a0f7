// The command `rehearse`: a migration against a scenario, as lines, JSON or one page.

import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import { fileFault } from "#files/files.ts";
import { exitCodeOfRehearsal, exitCodes } from "#output/exit-codes.ts";
import { didYouMean } from "#output/similar.ts";
import type { Terminal } from "#output/terminal.ts";
import { renderPage } from "#page/page.ts";
import { rehearsedMigration } from "#rehearse/manifest.ts";
import type { Rehearsal } from "#rehearse/rehearsal.ts";
import { rehearse } from "#rehearse/rehearse.ts";
import { renderJson, renderText, type Title } from "#rehearse/render-text.ts";
import { summarise } from "#rehearse/summary.ts";
import type { Scenario } from "#scenario/scenario.ts";
import type { Checked } from "./check-document.ts";
import { type Expectation } from "./expectation.ts";
import { loadFile, type OfflineTools } from "./lint.ts";
import { rehearseRuns } from "./rehearse-runs.ts";
import { makeEvidenceOfRehearsal } from "./rehearsed-evidence.ts";
import { loadTraffic } from "./traffic.ts";

type RehearseRequest = {
  readonly manifest: string;
  readonly scenario: string;
  /** File of measured traffic. */
  readonly traffic: string | undefined;
  readonly seed: number;
  readonly json: boolean;
  readonly html: string | undefined;
  /** File for the evidence that the migration would leave. */
  readonly evidence: string | undefined;
  /** How many seeds are played, from `seed` on. */
  readonly runs: number;
  readonly expect: readonly Expectation[];
};

/** Plays and prints; resolves with the exit code that the same end of a real migration would have. */
export async function rehearseFiles(asked: RehearseRequest, tools: OfflineTools): Promise<number> {
  const migration = await loadOne(asked.manifest, "RetrieverMigration", tools);
  const script = await loadScenario(asked.scenario, tools);
  if (typeof migration === "number") return migration;
  if (typeof script === "number") return script;
  const played = await trafficked(script.scenario, asked.traffic, tools);
  if (typeof played === "number") return played;
  const { scenario, traffic } = played;
  const { named, spec } = migration;
  const { shows } = scenario;
  const title: Title = { ...named, scenario: baseName(asked.scenario), shows, seed: asked.seed, ...traffic };
  const rehearsed = rehearsedMigration(named.namespace, named.name, spec);
  if (asked.runs > 1 || asked.expect.length > 0)
    return rehearseRuns({ migration: rehearsed, scenario }, { ...asked, title }, tools);
  const kept = asked.evidence === undefined ? undefined : makeEvidenceOfRehearsal(rehearsed);
  const rehearsal = rehearse(rehearsed, scenario, asked.seed, kept?.record);
  const page = () => renderPage({ title, spec, scenario, rehearsal });
  const isWritten =
    (await written(asked.html, page, tools)) && (await written(asked.evidence, () => kept?.print() ?? "", tools));
  if (!isWritten) return exitCodes.error;
  print(asked, title, rehearsal, tools.terminal);
  return exitCodeOfRehearsal(rehearsal);
}

/** False when a file that was asked for couldn't be written; the reason was said. */
async function written(path: string | undefined, text: () => string, tools: OfflineTools): Promise<boolean> {
  if (path === undefined) return true;
  try {
    await tools.files.write(path, text());
    return true;
  } catch (fault) {
    tools.terminal.warn(fileFault("write", path, fault));
    return false;
  }
}

/** The scenario with the traffic of a file, where one is given, and what is said of it; or the exit code of why not. */
async function trafficked(
  scenario: Scenario,
  path: string | undefined,
  tools: OfflineTools,
): Promise<{ readonly scenario: Scenario; readonly traffic: Pick<Title, "traffic"> } | number> {
  if (path === undefined) return { scenario, traffic: {} };
  const measured = await loadTraffic(path, tools);
  if (typeof measured === "number") return measured;
  const { series, seconds, note } = measured;
  const { byHour: _byHour, ...traffic } = scenario.traffic;
  const repeats = durationSeconds(scenario.until) > seconds ? `, repeated after ${printDuration(seconds)}` : "";
  return {
    scenario: { ...scenario, traffic: { ...traffic, requestsPerSecond: series.requestsPerSecond[0] ?? 0, series } },
    traffic: { traffic: `Traffic of ${path}: ${note}${repeats}.` },
  };
}

function print({ json, html }: RehearseRequest, title: Title, rehearsal: Rehearsal, terminal: Terminal): void {
  if (json) {
    for (const line of renderJson(title, rehearsal)) terminal.print(line);
    return;
  }
  if (html !== undefined) {
    terminal.print(`${summarise(rehearsal)}. Written to ${html}.`);
    return;
  }
  // Elsewhere than on a terminal every line is whole.
  const columns = terminal.isTty ? terminal.columns() : Number.MAX_SAFE_INTEGER;
  for (const line of renderText(title, rehearsal, columns)) terminal.print(line);
}

/** A scenario by the name it has in the library, or from a file. */
async function loadScenario(given: string, tools: OfflineTools) {
  if (/[./]|^-$/.test(given)) return loadOne(given, "RehearsalScenario", tools);
  const library = tools.scenarios();
  const text = library[given];
  if (text !== undefined)
    return loadOne(given, "RehearsalScenario", { ...tools, files: { ...tools.files, read: async () => text } });
  const names = Object.keys(library);
  const known =
    names.length === 0 ? "; no library lies beside this program, expected a file" : `; there are ${names.join(", ")}`;
  tools.terminal.warn(`there is no scenario ${given}${didYouMean(given, names) || known}`);
  return exitCodes.error;
}

/** The one document of a kind in a file, or the exit code of why not; the reason was said. */
export async function loadOne<Kind extends Checked["kind"]>(
  path: string,
  kind: Kind,
  tools: OfflineTools,
): Promise<Extract<Checked, { kind: Kind }> | number> {
  const { code, found } = await loadFile(path, tools);
  if (code !== exitCodes.ok) return code;
  const matching = found.flatMap(({ checked }) => (checked.kind === kind ? [checked] : []));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only as Extract<Checked, { kind: Kind }>;
  tools.terminal.warn(`${path}: received ${matching.length} documents of kind ${kind}, expected one`);
  return exitCodes.error;
}

function baseName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.(ya?ml|json)$/, "");
}
