// Writes the reference pages that are made from tables: errors, metrics, resource, states;
// and the drawing within the page of the architecture. `--check` exits 1 when one is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawRooms } from "./architecture.ts";
import { contractPages } from "./contract.ts";
import { renderErrorsPage } from "./errors.ts";
import { renderMetricsPage } from "./metrics.ts";
import { renderResourcePage } from "./resource.ts";
import { renderStatesPage } from "./states.ts";

const root = join(import.meta.dirname, "../..");

const pages: Readonly<Record<string, () => string>> = {
  "docs/architecture.md": () => drawRooms(readFileSync(join(root, "docs/architecture.md"), "utf8")),
  "docs/errors.md": renderErrorsPage,
  "docs/metrics.md": renderMetricsPage,
  "docs/resource.md": renderResourcePage,
  "docs/states.md": renderStatesPage,
  ...contractPages,
};

const check = process.argv.includes("--check");

for (const [path, render] of Object.entries(pages)) {
  const file = join(root, path);
  const text = render();
  if (!check) {
    writeFileSync(file, text);
  } else if (read(file) !== text) {
    process.stdout.write(`${path} is stale; run make generate\n`);
    process.exitCode = 1;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
