// The charts as Helm packs them, and as a registry keeps them.
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { settleModes } from "../images/image-layout.ts";
import { type Descriptor, putBlob, putManifest } from "../images/oci-layout.ts";
import { compressFile, packFolder } from "../images/packed.ts";

const root = join(import.meta.dirname, "../..");

type Chart = { readonly name: string; readonly version: string; readonly description: string };
type PackedChart = { readonly name: string; readonly file: string; readonly chart: Chart };

/** Packs every chart into `folder`. Throws for one of another version than the release. */
export async function packCharts(folder: string, version: string, atSeconds: number): Promise<readonly PackedChart[]> {
  mkdirSync(folder, { recursive: true });
  const packed: PackedChart[] = [];
  for (const path of globSync("charts/*/Chart.yaml", { cwd: root }).toSorted()) {
    const source = join(root, path, "..");
    const chart = parse(readFileSync(join(root, path), "utf8")) as Chart;
    if (chart.version !== version) throw new Error(`${path}: version ${chart.version}, expected ${version}`);
    const scratch = join(folder, ".packing");
    const ignored = ignoredNames(source);
    for (const entry of readdirSync(source).filter((name) => !ignored.has(name))) {
      cpSync(join(source, entry), join(scratch, chart.name, entry), { recursive: true });
    }
    settleModes(scratch);
    const file = join(folder, `${chart.name}-${version}.tgz`);
    await packFolder(scratch, `${scratch}.tar`, atSeconds, [chart.name]);
    await compressFile(`${scratch}.tar`, file);
    rmSync(scratch, { recursive: true });
    rmSync(`${scratch}.tar`);
    packed.push({ name: chart.name, file, chart });
  }
  return packed;
}

/** A chart in an image layout, as `helm pull oci://…` expects it. */
export function putChart(layout: string, { file, chart }: PackedChart, createdAt: Date): Descriptor {
  const config = putBlob(layout, JSON.stringify(chart), "application/vnd.cncf.helm.config.v1+json");
  const content = putBlob(layout, readFileSync(file), "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  return putManifest(
    layout,
    { config, layers: [content] },
    {
      "org.opencontainers.image.title": chart.name,
      "org.opencontainers.image.version": chart.version,
      "org.opencontainers.image.description": chart.description,
      "org.opencontainers.image.created": createdAt.toISOString(),
    },
  );
}

/** Of the chart's folder; patterns apply to nothing that a clean tree has. */
function ignoredNames(source: string): ReadonlySet<string> {
  const lines = readFileSync(join(source, ".helmignore"), "utf8").split("\n");
  return new Set([".helmignore", ...lines.map((line) => line.replace(/\/$/, ""))]);
}
