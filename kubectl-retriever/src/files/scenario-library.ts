// The scenarios that come with the program. In the bundle `make cli-bundle` puts them in place of the folder.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../examples/scenarios/", import.meta.url);

/** Each scenario's text by its name; empty where the examples don't lie beside the program. */
export function scenarioLibrary(): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return Object.fromEntries(
    files.map((file) => [file.replace(".yaml", ""), readFileSync(new URL(file, folder), "utf8")]),
  );
}
