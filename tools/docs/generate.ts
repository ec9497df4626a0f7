// Writes the reference pages that are made from tables: commands, errors, metrics, resource, states; the drawing within the page
// of the architecture; the pictures of gates, harm, a rollback and a terminal; and an example of a report. `--check` exits 1
// when one is stale.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settle } from "../generated-file.ts";
import { drawRooms } from "./architecture.ts";
import { renderCliPage } from "./cli.ts";
import { contractPages } from "./contract.ts";
import { renderErrorsPage } from "./errors.ts";
import { drawGates } from "./gates-drawing.ts";
import { drawHarm } from "./harm-drawing.ts";
import { renderMetricsPage } from "./metrics.ts";
import { drawRecording } from "./recording.ts";
import { renderReportExample } from "./report-example.ts";
import { renderResourcePage } from "./resource.ts";
import { drawRollback } from "./rollback-drawing.ts";
import { renderStatesPage } from "./states.ts";

const root = join(import.meta.dirname, "../..");

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/architecture.md": () => drawRooms(readFileSync(join(root, "docs/architecture.md"), "utf8")),
  "docs/cli.md": renderCliPage,
  "docs/errors.md": renderErrorsPage,
  "docs/examples/rolled-back.html": renderReportExample,
  "docs/images/gates.svg": drawGates,
  "docs/images/harm.svg": drawHarm,
  "docs/images/recording.svg": drawRecording,
  "docs/images/rollback.svg": drawRollback,
  "docs/metrics.md": renderMetricsPage,
  "docs/resource.md": renderResourcePage,
  "docs/states.md": renderStatesPage,
  ...contractPages,
};

for (const [path, render] of Object.entries(pages)) settle(join(root, path), await render());
