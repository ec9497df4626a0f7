// The order in which a release is made, and the folder it makes: image layout, charts, manifest, plugin, bills of
// materials, provenance, notes, checksums.
import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuiltImage, buildImages } from "../images/build-images.ts";
import { architectures, nodeOfLinux, readBaseLock } from "../images/downloads.ts";
import { contentsOf, images, readLockfile } from "../images/image-list.ts";
import { renderSbom } from "../images/image-sbom.ts";
import { beginLayout, type Descriptor, endLayout, named } from "../images/oci-layout.ts";
import { sha256Of, sha256OfFile } from "../images/packed.ts";
import { packCharts, putChart } from "./charts.ts";
import { renderInstallManifest } from "./install-manifest.ts";
import { renderKrewManifest } from "./krew.ts";
import { packPlugin, pluginNodes } from "./plugin-archives.ts";
import { type ReleaseParameters, renderProvenance, type Source } from "./provenance.ts";
import { renderReleaseNotes } from "./release-notes.ts";

const root = join(import.meta.dirname, "../..");

export type ReleaseSettings = Omit<ReleaseParameters, "version"> & {
  readonly out: string;
  /** Seconds since 1970: the one time that everything made bears. */
  readonly atSeconds: number;
  readonly source: Source;
};

/** Makes the release anew; lines about what was made. */
export async function makeRelease(settings: ReleaseSettings): Promise<readonly string[]> {
  const { out, atSeconds } = settings;
  const { version } = JSON.parse(textOf("package.json")) as { readonly version: string };
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { built, charts } = await writeLayouts(settings, version);
  writeBills(out, version);
  const operator = built.find(({ name }) => name === "retriever-operator");
  writeFileSync(join(out, "install.yaml"), installManifest(settings.registry, operator?.index.digest ?? ""));
  const archives = await packPlugin(out, version, atSeconds);
  writeFileSync(join(out, "retriever.krew.yaml"), renderKrewManifest(version, settings.downloads, archives));
  const digests = Object.fromEntries([
    ...built.map(({ name, index }) => [name, index.digest]),
    ...charts.map(([name, { digest }]) => [name, digest]),
  ]);
  writeFileSync(join(out, "digests.json"), digestsText(built, charts));
  const notes = { changelog: textOf("CHANGELOG.md"), version, registry: settings.registry, digests };
  writeFileSync(join(out, "RELEASE_NOTES.md"), renderReleaseNotes(notes));
  writeFileSync(join(out, "provenance.intoto.json"), provenanceOf(settings, version, digests));
  const sums = filesIn(out).map((file) => `${sha256OfFile(join(out, file))}  ${file}\n`);
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  return report(settings, built);
}

/** Images and charts, each by name and version. In a layout of their own: engines take charts for broken images. */
async function writeLayouts({ out, atSeconds, registry }: ReleaseSettings, version: string) {
  const [layout, chartLayout] = [join(out, "oci"), join(out, "oci-charts")];
  const createdAt = new Date(atSeconds * 1000);
  beginLayout(layout);
  const scratch = join(out, ".images");
  const made = { layout, scratch, architectures, version, createdAt, debian: readBaseLock() };
  const built = await buildImages({ ...made, compression: "gzip" });
  const nameOf = (name: string) => `${name}:${version}`;
  endLayout(
    layout,
    built.map(({ name, index }) => named(index, nameOf(name), `${registry}/${nameOf(name)}`)),
  );
  beginLayout(chartLayout);
  const packed = await packCharts(join(out, "charts"), version, atSeconds);
  const charts = packed.map((chart) => [`charts/${chart.name}`, putChart(chartLayout, chart, createdAt)] as const);
  endLayout(
    chartLayout,
    charts.map(([name, descriptor]) => named(descriptor, nameOf(name))),
  );
  return { built, charts };
}

/** For whoever pushes and signs: everything in the layouts by its digest, images for each architecture as well. */
function digestsText(built: readonly BuiltImage[], charts: readonly (readonly [name: string, Descriptor])[]): string {
  const entries = [
    ...built.map(({ name, index, platforms }) => {
      const byArchitecture = platforms.map(({ digest, platform }) => [platform?.architecture, digest]);
      return [name, { digest: index.digest, platforms: Object.fromEntries(byArchitecture) }];
    }),
    ...charts.map(([name, { digest }]) => [name, { digest }]),
  ];
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

function writeBills(out: string, version: string): void {
  mkdirSync(join(out, "sbom"));
  const [lock, base] = [readLockfile(root), readBaseLock()];
  for (const image of images) {
    const contents = contentsOf(root, image);
    for (const architecture of architectures) {
      const made = {
        nodeVersion: nodeOfLinux(architecture).version,
        debian: { architecture, packages: base[architecture] },
      };
      const file = join(out, "sbom", `retriever-${image}-${version}-${architecture}.cdx.json`);
      writeFileSync(file, renderSbom(image, contents, lock, made));
    }
  }
}

function installManifest(registry: string, digest: string): string {
  return renderInstallManifest({
    definitions: globSync("crds/manifests/*.yaml", { cwd: root }).toSorted().map(textOf),
    rendering: textOf("charts/retriever-migration-operator/renderings/default.yaml"),
    namespace: "retriever-system",
    image: `${registry}/retriever-operator@${digest}`,
  });
}

function provenanceOf(settings: ReleaseSettings, version: string, digests: Readonly<Record<string, string>>): string {
  const { out, registry, downloads, source } = settings;
  const { amd64, arm64 } = readBaseLock();
  const layout = Object.entries(digests).map(([name, digest]) => [`${registry}/${name}`, digest.slice(7)] as const);
  const files = filesIn(out).filter((file) => !/^oci(-charts)?\//.test(file));
  return renderProvenance({
    parameters: { version, registry, downloads },
    source,
    debian: { amd64, arm64 },
    nodes: pluginNodes().map(({ node }) => node),
    subjects: [...layout, ...files.map((file) => [file, sha256OfFile(join(out, file))] as const)],
    lockfile: sha256Of(textOf("package-lock.json")),
  });
}

function report({ out }: ReleaseSettings, built: readonly BuiltImage[]): readonly string[] {
  const files = filesIn(out).filter((file) => !file.includes("/"));
  const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  return [
    ...built.flatMap(({ name, sizes, index }) => [
      `${name}: ${Object.entries(sizes)
        .map(([architecture, bytes]) => `${architecture} ${megabytes(bytes)}`)
        .join(", ")}; ${index.digest}`,
    ]),
    ...files.map((file) => `${file}: ${megabytes(statSync(join(out, file)).size)}`),
    `${out}: unsigned; docs/release.md tells how it is signed and pushed`,
  ];
}

/** Paths below a folder, sorted. */
export function filesIn(folder: string): readonly string[] {
  const found = globSync("**/*", { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).toSorted();
}

function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
