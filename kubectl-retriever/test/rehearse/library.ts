// The library of scenarios, and the migrations they are played against.
import { readdirSync, readFileSync } from "node:fs";
import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import { parse } from "yaml";
import { type RehearsedMigration, rehearsedMigration } from "#rehearse/manifest.ts";
import type { Scenario } from "#scenario/scenario.ts";
import { parseScenario } from "#scenario/scenario-parse.ts";

const examples = new URL("../../../examples/", import.meta.url);

/** Names of the files without their ending. */
export const scenarioNames = readdirSync(new URL("scenarios/", examples))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(".yaml", ""))
  .toSorted();

export function scenarioText(name: string): string {
  return readFileSync(new URL(`scenarios/${name}.yaml`, examples), "utf8");
}

export function scenarioNamed(name: string): Scenario {
  const parsed = parseScenario(parse(scenarioText(name), { version: "1.1" }));
  if (!parsed.ok) throw new Error(`${name}: ${JSON.stringify(parsed.faults)}`);
  return parsed.scenario;
}

export function defaultMigration(): RehearsedMigration {
  return exampleMigration("default");
}

/** The migration of a folder of examples. */
export function exampleMigration(folder: "default" | "approvals" | "large-fleet"): RehearsedMigration {
  return migrationOf(readFileSync(new URL(`${folder}/migration.yaml`, examples), "utf8"));
}

/** The first manifest of the README, as text. */
export function readmeManifest(): string {
  const readme = readFileSync(new URL("../README.md", examples), "utf8");
  const text = /^```yaml\n(.*?)^```$/ms.exec(readme)?.[1];
  if (text === undefined) throw new Error("README.md has no YAML block");
  return text;
}

/** The migration of a manifest. Throws with its faults when the schema refuses it. */
export function migrationOf(text: string): RehearsedMigration {
  const manifest = parse(text, { version: "1.1" }) as { spec: unknown };
  const parsed = parseMigrationSpec(manifest.spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return rehearsedMigration("search", "docs-to-qdrant", parsed.spec);
}
