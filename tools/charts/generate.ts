// Writes what the charts hold of the rest of the tree: exact copies of the CRDs, and the dashboards. `--check` exits 1
// when one is stale.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settle } from "../generated-file.ts";
import { renderDashboard } from "./dashboard-json.ts";
import { dashboards } from "./dashboards.ts";

const root = join(import.meta.dirname, "../..");
const files = join(root, "charts/retriever-migration-operator/files");
const manifests = join(root, "crds/manifests");

const wanted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  crds: Object.fromEntries(readdirSync(manifests).map((name) => [name, readFileSync(join(manifests, name), "utf8")])),
  dashboards: Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [`${name}.json`, renderDashboard(dashboard)]),
  ),
};

for (const [folder, texts] of Object.entries(wanted)) {
  const there = join(files, folder);
  mkdirSync(there, { recursive: true });
  for (const name of readdirSync(there).filter((name) => !(name in texts))) settle(join(there, name), undefined);
  for (const [name, text] of Object.entries(texts)) settle(join(there, name), text);
}
