// Writes what the charts hold of the rest of the tree, exact copies of the CRDs and the dashboards, and their READMEs.
// `--check` exits 1 when one is stale.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { settle } from "../generated-file.ts";
import { renderChartReadme } from "./chart-readme.ts";
import { renderDashboard } from "./dashboard-json.ts";
import { dashboards } from "./dashboards.ts";
import { migrationDashboards } from "./migration-dashboards.ts";

const root = join(import.meta.dirname, "../..");
const files = join(root, "charts/retriever-migration-operator/files");
const manifests = join(root, "crds/manifests");

const wanted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  crds: Object.fromEntries(readdirSync(manifests).map((name) => [name, readFileSync(join(manifests, name), "utf8")])),
  dashboards: Object.fromEntries(
    Object.entries({ ...dashboards, ...migrationDashboards }).map(([name, dashboard]) => [
      `${name}.json`,
      renderDashboard(dashboard),
    ]),
  ),
};

for (const [folder, texts] of Object.entries(wanted)) {
  const there = join(files, folder);
  mkdirSync(there, { recursive: true });
  for (const name of readdirSync(there).filter((name) => !(name in texts))) settle(join(there, name), undefined);
  for (const [name, text] of Object.entries(texts)) settle(join(there, name), text);
}

const introductions: Readonly<Record<string, string>> = {
  "retriever-migration-operator": `    helm install retriever oci://registry.example/retriever/charts/retriever-migration-operator --version 0.1.0 \\
      --namespace retriever-system --create-namespace \\
      --set image.repository=registry.example/retriever/retriever-operator --set image.digest=sha256:…

\`image.tag\` in place of \`image.digest\` takes whatever lies under that tag; without both it is the chart's \`appVersion\`. What to decide on, the rights, the admission policies and how to uninstall: \`docs/install.md\` of the repository.`,
  "retriever-sidecar": `A library chart, for an application's own chart; its values stand under the key \`retriever-sidecar\` there. \`examples/chart\` of the repository is the whole of it, \`docs/install.md\` tells more.`,
};

for (const [name, introduction] of Object.entries(introductions)) {
  const chart = join(root, "charts", name);
  const { description } = parse(readFileSync(join(chart, "Chart.yaml"), "utf8")) as { readonly description: string };
  const values = readFileSync(join(chart, "values.yaml"), "utf8");
  settle(join(chart, "README.md"), renderChartReadme({ name, description, introduction, values }));
}
